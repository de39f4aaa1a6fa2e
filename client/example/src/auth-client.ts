import { createAuthClient } from "better-auth/react";
import { multiSessionClient } from "multi-session-client";

/** The client of the page. Without a `baseURL` it uses the origin of the page. */
export const authClient = createAuthClient({ plugins: [multiSessionClient()] });
