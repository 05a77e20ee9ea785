/** The room of service names. */
export { services, type ServiceEntry } from "./services.ts";
export type { ServicesOptions } from "./options.ts";
