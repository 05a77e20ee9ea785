/**
 * Connects, reads to the end, closes, and again, a number of them at once: `node callers.mjs PORT AT-ONCE SECONDS`.
 * Prints how many a second. node:net costs more for each connection than a relay does, so the handles beneath it are used.
 */
const [port, atOnce, seconds] = process.argv.slice(2).map(Number);
const { TCP, TCPConnectWrap, constants } = process.binding("tcp_wrap");
const { streamBaseState, kReadBytesOrError } = process.binding("stream_wrap");

const began = performance.now();
const end = began + seconds * 1000;
let done = 0;
let failed = 0;
let open = 0;

for (let left = atOnce; left > 0; left -= 1) call();

function call() {
  if (performance.now() > end) return;
  open += 1;
  const handle = new TCP(constants.SOCKET);
  handle.onread = () => {
    if (streamBaseState[kReadBytesOrError] < 0) finish(handle, streamBaseState[kReadBytesOrError]);
  };
  const request = new TCPConnectWrap();
  request.oncomplete = (status) => (status === 0 ? handle.readStart() : finish(handle, 0));
  const error = handle.connect(request, "127.0.0.1", port);
  if (error !== 0) finish(handle, error);
}

/** libuv's end of file is -4095; whatever else has failed. */
function finish(handle, status) {
  if (status === -4095) done += 1;
  else failed += 1;
  open -= 1;
  handle.close();
  if (failed > 1000) throw new Error("nobody answers");
  call();
  if (open === 0) {
    const rate = (done / (performance.now() - began)) * 1000;
    console.log(JSON.stringify({ rate, done, failed }));
  }
}
