using System.Reflection;
using StackExchange.Redis;

namespace Nimbus.Tests.ServiceDefaults;

/// <summary>
/// As much of a Redis server as the defaults use: keys that exist, messages, and being away. A proxy, since the client's
/// interfaces have hundreds of members, and not the same ones in each version.
/// </summary>
internal sealed class FakeRedis
{
    private Action<RedisChannel, RedisValue>? heard;
    private EventHandler<ConnectionFailedEventArgs>? restored;

    public FakeRedis()
    {
        Connection = Proxy.Of<IConnectionMultiplexer>((method, arguments) => method.Name switch
        {
            "GetDatabase" => Database(),
            "GetSubscriber" => Subscriber(),
            "add_ConnectionRestored" => restored += (EventHandler<ConnectionFailedEventArgs>)arguments[0]!,
            _ => null,
        });
    }

    public IConnectionMultiplexer Connection { get; }

    public HashSet<string> Keys { get; } = [];

    /// <summary>How often a key was asked for.</summary>
    public int Asked { get; private set; }

    /// <summary>No answer ever comes.</summary>
    public bool Frozen { get; set; }

    /// <summary>Done once somebody listens.</summary>
    public TaskCompletionSource Subscribed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public List<string> Published { get; } = [];

    public void Publish(string message) => heard?.Invoke(default, message);

    public void Reconnect() => restored?.Invoke(this, null!);

    private IDatabase Database() => Proxy.Of<IDatabase>((method, arguments) =>
    {
        switch (method.Name)
        {
            case "KeyExistsAsync":
                Asked++;
                return Frozen ? new TaskCompletionSource<bool>().Task : Task.FromResult(Keys.Contains(arguments[0]!.ToString()!));
            case "StringSetAsync":
                Keys.Add(arguments[0]!.ToString()!);
                return Task.FromResult(true);
            default:
                return null;
        }
    });

    private ISubscriber Subscriber() => Proxy.Of<ISubscriber>((method, arguments) =>
    {
        switch (method.Name)
        {
            case "SubscribeAsync":
                heard = (Action<RedisChannel, RedisValue>)arguments[1]!;
                Subscribed.TrySetResult();
                return Task.CompletedTask;
            case "PublishAsync":
                Published.Add(arguments[1]!.ToString()!);
                return Task.FromResult(1L);
            default:
                return null;
        }
    });

    // Not sealed: the proxy's type is made at run time, below this one.
#pragma warning disable CA1852
    public class Proxy : DispatchProxy
#pragma warning restore CA1852
    {
        private Func<MethodInfo, object?[], object?> answer = (_, _) => null;

        public static T Of<T>(Func<MethodInfo, object?[], object?> answer) where T : class
        {
            var proxy = Create<T, Proxy>();
            ((Proxy)(object)proxy).answer = answer;
            return proxy;
        }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => answer(targetMethod!, args ?? []);
    }
}
