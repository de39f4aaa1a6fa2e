import { absent, invalidToken, refusal } from './helpers.mjs';

/** The limit. @type {import('../differences.mjs').Intended[]} */
export const limit = [
  {
    steps: ['multi-session: sign-up Wim'],
    differs: {
      "cookies.session_token_multi-<wim's token>": ['absent', 'set'],
      "cookies.session_token_multi-<ruth's token>": ['absent', 'cleared'],
    },
    reason: 'At `maximumSessions` the oldest account of the browser is evicted. Better Auth does not keep the new one.',
  },
  {
    steps: ['list-device-sessions: the sixth account'],
    differs: { 'body.rows.ruth': ['present', 'absent'], 'body.rows.wim': ['absent', 'present'] },
    reason: 'At `maximumSessions` the oldest account of the browser is evicted. Better Auth does not keep the new one.',
  },
  {
    steps: ['set-active: the sixth account'],
    differs: {
      ...refusal(invalidToken, ['200', ...absent]),
      'body.session': ['absent', 'present'],
      'body.user': ['absent', 'present'],
      'cookies.session_token*': ['absent', 'set'],
    },
    reason: 'The newest account is held.',
  },
  {
    steps: ['set-active: the first account'],
    differs: {
      ...refusal(['200', ...absent], invalidToken),
      'body.session': ['present', 'absent'],
      'body.user': ['present', 'absent'],
      'cookies.session_token': ['set', 'absent'],
    },
    reason: 'The oldest account was evicted.',
  },
];
