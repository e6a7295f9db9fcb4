// Sends a few events with a browser SDK, from a page of another origin in headless Chromium:
// node browsers.mjs <sdk> <url> <write key> <chromium>. Stays until its input ends, since SDKs go on sending.
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { chromium } from 'playwright-core';

const [, , sdk, url, key, executablePath] = process.argv;

// A page's script, which runs in the browser.
const pages = {
  segment: async ({ url, key }) => {
    const analytics = window.AnalyticsNext.AnalyticsBrowser.load({ writeKey: key, cdnURL: url });
    await analytics.track('Landed', { step: 1, text: 'naïve 🚀' });
    await analytics.page('Docs', 'Home');
    await analytics.identify('ada', { plan: 'pro', email: 'ada@example.test' });
    await analytics.track('Signed Up', { step: 2 });
    await analytics.group('acme', { employees: 42 });
  },
  mixpanel: async ({ url, key }) => {
    const { default: mixpanel } = await import('/node_modules/mixpanel-browser/dist/mixpanel.module.js');
    mixpanel.init(key, { api_host: url, persistence: 'localStorage', batch_flush_interval_ms: 500, track_pageview: false, autocapture: false });
    mixpanel.track('Landed', { step: 1, text: 'naïve 🚀' });
    mixpanel.identify('ada');
    mixpanel.people.set({ plan: 'pro', $email: 'ada@example.test' });
    mixpanel.people.increment('logins', 3);
    mixpanel.track('Signed Up', { step: 2 });
    mixpanel.track_pageview();
    mixpanel.get_group('company', 'acme').set({ employees: 42 });
  },
  posthog: async ({ url, key }) => {
    // This browser says that it is a robot, whose events the SDK would keep to itself.
    window.posthog.init(key, { api_host: url, opt_out_useragent_filter: true, capture_pageview: false, capture_pageleave: false, autocapture: false, request_queue_config: { flush_interval_ms: 500 } });
    window.posthog.capture('Landed', { step: 1, text: 'naïve 🚀' });
    window.posthog.identify('ada', { plan: 'pro', email: 'ada@example.test' });
    window.posthog.capture('Signed Up', { step: 2 });
    window.posthog.capture('$pageview');
    window.posthog.group('company', 'acme', { employees: 42 });
  },
};
const scripts = {
  segment: '<script src="/node_modules/@segment/analytics-next/dist/umd/index.js"></script>',
  mixpanel: '',
  posthog: '<script src="/node_modules/posthog-js/dist/array.js"></script>',
};

const site = createServer(async (request, response) => {
  const path = new URL(request.url, 'http://site').pathname;
  try {
    const file = path.startsWith('/node_modules/') ? await readFile(new URL(`.${path}`, import.meta.url)) : null;
    if (!file && path !== '/')
      return response.writeHead(404).end();
    response.setHeader('Content-Type', file ? 'text/javascript' : 'text/html');
    response.end(file ?? `<!doctype html><title>Shop</title>${scripts[sdk]}`);
  } catch {
    response.writeHead(404).end();
  }
});
await new Promise((listening) => site.listen(0, '127.0.0.1', listening));
const origin = `http://127.0.0.1:${site.address().port}`;

const browser = await chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] });
try {
  const page = await browser.newPage();
  const allowed = [origin, new URL(url).origin];
  page.on('request', (request) => {
    if (request.url().startsWith('http') && !allowed.includes(new URL(request.url()).origin))
      console.log('elsewhere:', request.method(), request.url());
  });
  page.on('pageerror', (error) => console.log('pageerror:', error.message));
  page.on('console', (message) => message.type() === 'error' && console.log('console:', message.text(), message.location().url));
  page.on('requestfailed', (request) => console.log('failed:', request.method(), request.url(), request.failure()?.errorText));
  await page.goto(origin);
  await page.evaluate(pages[sdk], { url, key });
  console.log('sent');
  await new Promise((ended) => process.stdin.on('end', ended).resume());
} catch (error) {
  console.log('error:', error.message);
  process.exitCode = 1;
} finally {
  await browser.close();
  site.close();
}
