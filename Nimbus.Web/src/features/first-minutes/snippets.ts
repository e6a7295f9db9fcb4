/** What a snippet is filled with; the secret as it is shown once, or words that say where it is. */
export interface SnippetKeys {
  /** Where Nimbus is, without a slash at the end. */
  origin: string;
  keyId: string;
  secret: string;
  writeKey: string;
}

export interface Snippet {
  name: string;
  code: string;
}

/** Ready to paste: each sends one event that arrives as it stands. */
export function snippetsFor({ origin, keyId, secret, writeKey }: SnippetKeys): Snippet[] {
  const { host, protocol } = new URL(origin);
  return [
    {
      name: 'curl',
      code: `curl ${origin}/v1/events \\
  -H 'X-Write-Key: ${writeKey}' \\
  -H 'Content-Type: application/json' \\
  -d '{"events":[{"name":"signed_up","user_id":"ada","props":{"plan":"pro"}}]}'`,
    },
    {
      name: '.NET',
      code: `// dotnet add package Nimbus.Client
using Nimbus.Client;

var credentials = NimbusCredentials.Hmac("${keyId}", "${secret}");
using var client = new NimbusClient(new Uri("${origin}"), credentials);
await client.SendAsync([new NimbusEvent("signed_up")
{
    UserId = "ada",
    PropertiesJson = """{"plan":"pro"}""",
}]);`,
    },
    {
      name: 'JavaScript',
      code: `await fetch("${origin}/v1/events", {
  method: "POST",
  headers: { "X-Write-Key": "${writeKey}", "Content-Type": "application/json" },
  body: JSON.stringify({
    events: [{ name: "signed_up", user_id: "ada", props: { plan: "pro" } }],
  }),
});`,
    },
    {
      name: 'Python',
      code: `import hashlib, hmac, json, time, urllib.request

secret = "${secret}"
body = json.dumps({"events": [
    {"name": "signed_up", "user_id": "ada", "props": {"plan": "pro"}},
]})
now = str(int(time.time()))
signed = f"{now}:POST:/v1/events:{body}"
urllib.request.urlopen(urllib.request.Request(
    "${origin}/v1/events", body.encode(), {
        "Content-Type": "application/json",
        "X-Api-Key-Id": "${keyId}",
        "X-Api-Timestamp": now,
        "X-Api-Signature": hmac.new(
            secret.encode(), signed.encode(), hashlib.sha256).hexdigest(),
    }))`,
    },
    {
      name: 'Segment',
      code: `// npm install @segment/analytics-node: the SDK you have, with another host
import { Analytics } from "@segment/analytics-node";

const analytics = new Analytics({
  writeKey: "${writeKey}",
  host: "${origin}",
});
analytics.track({ userId: "ada", event: "signed_up", properties: { plan: "pro" } });
await analytics.closeAndFlush();`,
    },
    {
      name: 'Mixpanel',
      code: `// npm install mixpanel: the SDK you have, with another host
import Mixpanel from "mixpanel";

const mixpanel = Mixpanel.init("${writeKey}", {
  host: "${host}",
  protocol: "${protocol.replace(':', '')}",
});
mixpanel.track("signed_up", { distinct_id: "ada", plan: "pro" });`,
    },
  ];
}
