// The test harness: our server, the real better-auth server, and browsers with the real client.

export { PASSWORD, actors, must, person, refused } from './harness/actors.mjs';
export { clientOf } from './harness/client.mjs';
export { Jar } from './harness/jar.mjs';
export { startOurs } from './harness/ours.mjs';
export { importFrom } from './harness/import.mjs';
export { postgresDatabase } from './harness/postgres.mjs';
export { SECRET, theirDatabase } from './harness/their_database.mjs';
export { startTheirs } from './harness/theirs.mjs';
