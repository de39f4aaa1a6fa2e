import { mail } from './script/mail.mjs';
import { limit, misfiled, multiSession, page } from './script/multi_session.mjs';
import { origins } from './script/origins.mjs';
import { passwords } from './script/passwords.mjs';
import { paths } from './script/paths.mjs';
import { sessions } from './script/sessions.mjs';
import { signIn } from './script/sign_in.mjs';
import { signUp } from './script/sign_up.mjs';

/** Every request, in order. */
export const script = [
  ...paths,
  ...signUp,
  ...signIn,
  ...origins,
  ...sessions,
  ...passwords,
  ...mail,
  ...multiSession,
  ...misfiled,
  ...page,
  ...limit,
];
