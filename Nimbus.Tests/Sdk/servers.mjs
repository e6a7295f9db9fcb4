// Sends a few events with a server SDK, pointed at Nimbus by its host option alone: node servers.mjs <sdk> <url> <write key>
const [, , sdk, url, key] = process.argv;
const host = new URL(url).host;

const senders = {
  async segment() {
    const { Analytics } = await import('@segment/analytics-node');
    const analytics = new Analytics({ writeKey: key, host: url, flushAt: 3 });
    analytics.on('error', fail);
    analytics.track({ anonymousId: 'device-1', event: 'Landed', properties: { step: 1, text: 'naïve 🚀' } });
    analytics.identify({ userId: 'ada', anonymousId: 'device-1', traits: { plan: 'pro', email: 'ada@example.test' } });
    analytics.track({ userId: 'ada', event: 'Signed Up', properties: { step: 2 } });
    analytics.page({ userId: 'ada', name: 'Home', category: 'Docs', properties: { url: 'https://example.test/' } });
    analytics.screen({ userId: 'ada', name: 'Start' });
    analytics.group({ userId: 'ada', groupId: 'acme', traits: { employees: 42 } });
    analytics.alias({ previousId: 'ada', userId: 'ada@example.test' });
    analytics.track({ userId: 'ada@example.test', event: 'Renamed' });
    analytics.track({ userId: 'bob', event: 'Landed' });
    await analytics.closeAndFlush();
  },

  async mixpanel() {
    const { default: Mixpanel } = await import('mixpanel');
    const mixpanel = Mixpanel.init(key, { host, protocol: 'http', key });
    const call = (send) => new Promise((done, reject) => send((error) => (error ? reject(error) : done())));
    const yesterday = new Date(Date.now() - 86400000);
    await call((done) => mixpanel.track('Landed', { distinct_id: '$device:device-1', $device_id: 'device-1', step: 1, text: 'naïve 🚀' }, done));
    await call((done) => mixpanel.track('Signed Up', { distinct_id: 'ada', $user_id: 'ada', $device_id: 'device-1', step: 2 }, done));
    for (let i = 0; i < 2; i++)
      await call((done) => mixpanel.track('Once', { distinct_id: 'ada', $insert_id: 'same', time: yesterday }, done));
    await call((done) => mixpanel.track_batch([{ event: 'Batched', properties: { distinct_id: 'ada', note: '~~~>>>???' } }], done));
    await call((done) => mixpanel.import('Imported', yesterday, { distinct_id: 'ada' }, done));
    await call((done) => mixpanel.import_batch(
      [{ event: 'Imported Batch', properties: { distinct_id: 'ada', time: yesterday, note: '~~~>>>???' } }], done));
    await call((done) => mixpanel.people.set('ada', { plan: 'free', email: 'ada@example.test' }, done));
    await call((done) => mixpanel.people.set('ada', 'plan', 'pro', done));
    await call((done) => mixpanel.people.set_once('ada', 'plan', 'never', done));
    await call((done) => mixpanel.people.increment('ada', 'logins', 2, done));
    await call((done) => mixpanel.people.increment('ada', 'logins', 3, done));
    await call((done) => mixpanel.people.append('ada', 'pages', 'home', done));
    await call((done) => mixpanel.people.union('ada', { tags: ['a', 'b'] }, done));
    await call((done) => mixpanel.people.unset('ada', 'email', done));
    await call((done) => mixpanel.groups.set('company', 'acme', { employees: 42 }, done));
    await call((done) => mixpanel.alias('ada', 'ada@example.test', done));
    await call((done) => mixpanel.track('Renamed', { distinct_id: 'ada@example.test' }, done));
    await call((done) => mixpanel.track('Landed', { distinct_id: 'bob', long: 'x'.repeat(10000) }, done));
  },

  async posthog() {
    const { PostHog } = await import('posthog-node');
    const posthog = new PostHog(key, { host: url, flushAt: 3 });
    posthog.on('error', fail);
    posthog.capture({ distinctId: 'device-1', event: 'Landed', properties: { $device_id: 'device-1', step: 1, text: 'naïve 🚀' } });
    posthog.capture({ distinctId: 'ada', event: '$identify', properties: { $anon_distinct_id: 'device-1', $set: { plan: 'pro' } } });
    posthog.identify({ distinctId: 'ada', properties: { $set: { email: 'ada@example.test' }, $set_once: { plan: 'never' } } });
    posthog.capture({ distinctId: 'ada', event: 'Signed Up', properties: { step: 2 }, groups: { company: 'acme' } });
    posthog.capture({ distinctId: 'ada', event: '$pageview' });
    posthog.groupIdentify({ groupType: 'company', groupKey: 'acme', properties: { employees: 42 } });
    posthog.alias({ distinctId: 'ada', alias: 'ada@example.test' });
    posthog.capture({ distinctId: 'ada@example.test', event: 'Renamed' });
    posthog.capture({ distinctId: 'bob', event: 'Landed' });
    await posthog.shutdown();
  },
};

function fail(error) {
  console.log('error:', error?.reason?.message ?? error?.message ?? error);
  process.exitCode = 1;
}

await senders[sdk]().catch(fail);
