import type { BindOptions } from "../transport/index.ts";
import type { ServeOptions } from "../transport/serve.ts";

export interface ListenOptions extends BindOptions, ServeOptions {}
