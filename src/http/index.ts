/** The HTTP room: one request and its reply, over any transport. */
export { request } from "./request.ts";
export { Reply, type Timings } from "./reply.ts";
export type { RequestBody, RequestHeaders, RequestObserver, RequestOptions } from "./options.ts";
export { HttpError, wrapHttp, type HttpFailure } from "../protocol/http/error.ts";
export { headerOf, type HeaderList } from "../protocol/http/headers.ts";
export type { HttpLimits } from "../protocol/http/codec.ts";
export type { ResponseHead } from "../protocol/http/framing.ts";
