/** The version, as package.json says it (a test holds the two together): reading the file would cost start-up time. */
export const VERSION = "0.1.0";
