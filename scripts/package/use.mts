/** A user of the package's types. */
import {
  connect,
  listen,
  parseEndpoint,
  relay,
  request,
  type Connection,
  type Endpoint,
} from "ncx";

const at: Endpoint = parseEndpoint("127.0.0.1:0");
export async function main(): Promise<void> {
  await using server = await listen(at, async ({ stream }) => void stream.end());
  await using front = await relay("127.0.0.1:0", server.endpoint);
  const connection: Connection = await connect(front.endpoint);
  // @ts-expect-error: an endpoint is no number, so the types are there and not any
  await connect(80);
  const { status }: { status: number } = await request("http://127.0.0.1/", { method: "HEAD" });
  void [connection, status];
}
