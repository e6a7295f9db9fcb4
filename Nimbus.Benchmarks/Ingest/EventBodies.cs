using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Nimbus.Benchmarks.Ingest;

/// <summary>
/// Request bodies of one sender: events with a time, a user, a key and five properties. All fields are as wide in each, so that
/// a body is made from the one before by writing other digits into it, which costs next to nothing.
/// </summary>
internal sealed class EventBodies
{
    /// <summary>Keys of <see cref="KeyFill"/> begin with these.</summary>
    public const string ClosedKeys = "old-", CurrentKeys = "new-";

    private const int People = 50_000;
    private const int KeyDigits = 16;
    private const string NoTime = "2026-01-01T00:00:00.000Z";
    private static readonly string[] Names = ["page.view", "cart.add", "order.ok!", "item.show", "user.ping"];

    private readonly byte[] _body;
    private readonly List<Places> _events = [];
    private readonly int _sender;
    private readonly int _keys;
    private long _made;

    /// <param name="sender">Another for each sender, 0 to 9,999: its keys are its own.</param>
    /// <param name="events">In each body.</param>
    /// <param name="keys">How many keys there are beforehand, for duplicates.</param>
    public EventBodies(int sender, int events, int keys)
    {
        (_sender, _keys) = (sender, keys);
        var text = new StringBuilder("{\"events\":[");
        for (var i = 0; i < events; i++)
        {
            text.Append(i == 0 ? "" : ",").Append("{\"name\":\"").Append(Names[i % Names.Length]).Append("\",\"ts\":\"");
            var time = text.Length;
            text.Append(NoTime).Append("\",\"user_id\":\"user-");
            var user = text.Length;
            text.Append("000000\",\"idempotency_key\":\"");
            var key = text.Length;
            text.Append(ClosedKeys).Append('0', KeyDigits).Append("\",\"props\":{\"plan\":\"").Append(i % 3 == 0 ? "pro" : "free");
            text.Append("\",\"amount\":1");
            var amount = text.Length;
            text.Append("000.25,\"country\":\"").Append(i % 2 == 0 ? "DE" : "FR").Append("\",\"page\":\"/products/");
            var page = text.Length;
            text.Append("000\",\"first\":").Append(i % 2 == 0 ? "true" : "false").Append("}}");
            _events.Add(new Places(time, user, key, amount, page));
        }
        text.Append("]}");
        _body = Encoding.ASCII.GetBytes(text.ToString());
    }

    /// <summary>The next body, in the array of the one before: to be sent before another is asked for.</summary>
    /// <param name="duplicates">Percent of events whose key is known: half of them of an earlier body, half of the closed generation.</param>
    public byte[] Next(DateTimeOffset now, int duplicates)
    {
        var batch = _made++;
        Span<byte> time = stackalloc byte[NoTime.Length];
        Encoding.ASCII.GetBytes(now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture), time);
        for (var i = 0; i < _events.Count; i++)
        {
            var places = _events[i];
            var some = Scatter((batch * _events.Count) + i + _sender);
            time.CopyTo(_body.AsSpan(places.Time));
            Write(places.User, 6, some % People);
            Write(places.Amount, 3, some % 997);
            Write(places.Page, 3, some % 211);
            WriteKey(places.Key, batch, i, duplicates);
        }
        return _body;
    }

    private void WriteKey(int place, long batch, int index, int duplicates)
    {
        // Spread over the batch, not its first events.
        var isDuplicate = index * 37 % 100 < duplicates;
        if (isDuplicate && index % 2 == 0)
        {
            Encoding.ASCII.GetBytes(ClosedKeys, _body.AsSpan(place));
            Write(place + ClosedKeys.Length, KeyDigits, Scatter(batch * _events.Count + index) % _keys);
            return;
        }
        "run-"u8.CopyTo(_body.AsSpan(place));
        Write(place + 4, 4, _sender);
        Write(place + 8, 8, isDuplicate && batch >= 20 ? batch - 20 : batch);
        Write(place + 16, 4, isDuplicate && batch >= 20 ? (index + 1) % _events.Count : index);
    }

    private void Write(int place, int digits, long number)
    {
        var field = _body.AsSpan(place, digits);
        if (!Utf8Formatter.TryFormat(number, field, out _, new System.Buffers.StandardFormat('D', (byte)digits)))
            throw new OverflowException($"{number} has more than {digits} digits.");
    }

    private static long Scatter(long number) => (number * 2_654_435_761L & long.MaxValue) >> 7;

    /// <summary>Where in the body an event's fields are.</summary>
    private readonly record struct Places(int Time, int User, int Key, int Amount, int Page);
}
