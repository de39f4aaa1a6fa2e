import { EVERYWHERE } from './helpers.mjs';

/** The list: devices of the user and accounts of the browser. @type {import('../differences.mjs').Intended[]} */
export const lists = [
  {
    steps: EVERYWHERE,
    differs: {
      'body.rows.*.id': ['absent', '*'],
      'body.rows.*.userAgent': ['absent', '*'],
      'body.rows.*.ipAddress': ['absent', '127.0.0.1'],
      'body.rows.*.place': ['absent', 'null'],
      'body.rows.*.signedInFrom': ['absent', 'present'],
      'body.rows.*.lastActiveAt': ['absent', 'now'],
      'body.rows.*.isCurrent': ['absent', '*'],
      'body.rows.*.isHeld': ['absent', '*'],
      'body.rows.*.device': ['absent', 'present'],
      'body.rows.*.name': ['absent', 'null'],
      'body.rows.*.sharedComputer': ['absent', 'false'],
      'body.rows.*.newDevice': ['absent', '*'],
      'body.rows.*.signedInWith': ['absent', 'password'],
      'body.rows.*.createdAt': ['absent', 'now'],
      'body.rows.*.expiresAt': ['absent', '*'],
    },
    reason: 'A row of list-device-sessions has the fields of a device list, in addition to session and user.',
  },
  ...[
    ['two accounts', 'mia, noa', 'noa, mia'],
    ['only held cookies', 'mia, noa', 'noa, mia'],
    ['only the active cookie', '', 'noa'],
    ['replaced', 'mia, noa again', 'noa again, mia'],
    ['promoted', 'mia', "mia, mia's phone"],
    ['five accounts', 'ruth, sia, tom, ugo, vic', 'vic, ugo, tom, sia, ruth'],
    ['the sixth account', 'ruth, sia, ugo, vic, tom again', 'wim, tom again, vic, ugo, sia'],
  ].map(([step, theirs, ours]) => ({
    steps: [`list-device-sessions: ${step}`],
    differs: { 'body.order': [theirs, ours] },
    reason: 'The current session comes first, then the most recently active. Better Auth has the order of the cookies.',
  })),
  {
    steps: ['list-device-sessions: promoted'],
    differs: { "body.rows.mia's phone": ['absent', 'present'] },
    reason: "The list has the user's other devices too. `MULTI_SESSION_LIST_SCOPE=browser` leaves them out.",
  },
  {
    steps: ['list-device-sessions: only the active cookie'],
    differs: { 'body.rows.noa': ['absent', 'present'] },
    reason: 'The active session is always in the list.',
  },
  ...[
    ['three', "sam, sam's phone, sam's tablet", "sam's tablet, sam's phone, sam"],
    ['two', "sam, sam's tablet", "sam's tablet, sam"],
  ].map(([step, theirs, ours]) => ({
    steps: [`list-sessions: ${step}`],
    differs: { 'body.order': [theirs, ours] },
    reason: "The newest session comes first. Better Auth has the order of its database.",
  })),
];
