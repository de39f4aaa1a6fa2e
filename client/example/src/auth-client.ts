import { createAuthClient } from "better-auth/react";
import { multiSessionClient } from "multi-session-client";

/** The one client of the page. Without a `baseURL` it asks the origin of the page. */
export const authClient = createAuthClient({ plugins: [multiSessionClient()] });
