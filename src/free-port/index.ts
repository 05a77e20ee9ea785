/** The free-port room: ports that nobody has. */
export {
  reservePort,
  reservePorts,
  type Reservation,
  type ReserveOptions,
} from "./reserve-port.ts";
