// The hook in React's server rendering: it stays pending and fetches nothing.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { createAuthClient } from 'better-auth/react';
import { multiSessionClient } from 'multi-session-client';
import { createElement } from 'react';
import { renderToString } from 'react-dom/server';

test('a page rendered on the server has no rows and fetches nothing', async () => {
  const sent = [];
  const client = createAuthClient({
    baseURL: 'http://127.0.0.1:9',
    plugins: [multiSessionClient()],
    fetchOptions: { customFetchImpl: (url) => sent.push(url) },
  });
  function Rows() {
    const { data, error, isPending } = client.useListDeviceSessions();
    return createElement('p', null, JSON.stringify({ data, error, isPending }));
  }
  const html = renderToString(createElement(Rows));
  assert.equal(html, `<p>${JSON.stringify({ data: null, error: null, isPending: true }).replaceAll('"', '&quot;')}</p>`);
  // A browser would fetch in a timer of 0 ms.
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert.deepEqual(sent, []);
});
