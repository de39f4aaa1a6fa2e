import { ask, get, post } from '../step.mjs';

/** Which paths and methods there are. */
export const paths = [
  get('ok', '/ok'),
  get('ok with a query', '/ok?x=1'),
  get('unknown path', '/nothing'),
  post('unknown path, POST', '/nothing', {}),
  get('trailing slash', '/ok/'),
  get('double slash', '//ok'),
  get('capitals', '/OK'),
  get('the base path', ''),
  get('the base path with a slash', '/'),
  post('POST ok', '/ok', {}),
  get('GET sign-in/email', '/sign-in/email'),
  get('GET sign-out', '/sign-out'),
  get('GET multi-session/set-active', '/multi-session/set-active'),
  post('POST multi-session/list-device-sessions', '/multi-session/list-device-sessions', {}),
  post('POST list-sessions', '/list-sessions', {}),
  ask('PUT', 'PUT sign-out', '/sign-out', { body: {} }),
  ask('DELETE', 'DELETE get-session', '/get-session'),
  ask('HEAD', 'HEAD ok', '/ok'),
  ask('HEAD', 'HEAD get-session', '/get-session'),
  ask('OPTIONS', 'OPTIONS sign-in/email', '/sign-in/email', { headers: { 'access-control-request-method': 'POST' } }),
  post('POST get-session', '/get-session', {}),
  get('error page', '/error?error=access_denied'),
  get('error page without a code', '/error'),
  get('useListDeviceSessions() of the page', '/use-list-device-sessions'),
];
