import { cookies } from './differences/cookies.mjs';
import { fields } from './differences/fields.mjs';
import { input } from './differences/input.mjs';
import { limit } from './differences/limit.mjs';
import { lists } from './differences/lists.mjs';
import { origins } from './differences/origins.mjs';
import { verbs } from './differences/verbs.mjs';

/**
 * The intended differences from Better Auth's answers. `*` stands for anything.
 *
 * @typedef {object} Intended
 * @property {string[]} steps of the script; each of them must have the difference
 * @property {Record<string, [theirs: string, ours: string]>} differs by the place in the normalised answer
 * @property {string} reason
 */

/** @type {Intended[]} */
export const differences = [...fields, ...cookies, ...lists, ...verbs, ...limit, ...origins, ...input];
