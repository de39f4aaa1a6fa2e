/** What a thief or a broken proxy would make of a browser's cookies. Each takes them by name and gives a header. */

const HELD = '_multi-';

const header = (pairs) => (pairs.length ? pairs.map((pair) => pair.join('=')).join('; ') : undefined);
const pick = (cookies, keep) => header([...cookies].filter(([name]) => keep(name)));
const change = (cookies, to) => header([...cookies].map(([name, value]) => [name, to(value)]));

/** The right tokens with a signature of the right form that nobody made. */
export const forged = (cookies) => change(cookies, (value) => `${value.split('.')[0]}.${'A'.repeat(43)}%3D`);

/** The right tokens with no signature. */
export const unsigned = (cookies) => change(cookies, (value) => value.split('.')[0]);

/** Nothing that could be a cookie of ours. */
export const garbage = (cookies) => change(cookies, () => '%00not.a%ZZcookie');

/** The accounts of the browser without the one that is active. */
export const onlyHeld = (cookies) => pick(cookies, (name) => name.includes(HELD));

/** The active session alone. */
export const onlyActive = (cookies) => pick(cookies, (name) => !name.includes(HELD));

/** Somebody else's cookie. */
export const unrelated = () => 'theme=dark';

/** The cookies, with an unrelated one before and one after. */
export const amongOthers = (cookies) => `theme=dark; ${header([...cookies])}; a=b`;

/** Every held session filed under the name that another one's cookie has. */
export const filedAs = (name) => (cookies, kept) =>
  header(
    [...cookies].map(([key, value]) =>
      key.includes(HELD) ? [`${key.split(HELD)[0]}${HELD}${kept[name].token.toLowerCase()}`, value] : [key, value],
    ),
  );
