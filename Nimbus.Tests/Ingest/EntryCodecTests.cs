using System.Text;
using Nimbus.Events;
using Nimbus.IngestService.Buffering;

namespace Nimbus.Tests.Ingest;

public class EntryCodecTests
{
    private static readonly Guid Project = Guid.Parse("01930000-0000-7000-8000-000000000001");
    private static readonly Guid EntryId = Guid.Parse("ffffffff-ffff-ffff-ffff-ffffffffffff");

    private static Entry Sample()
    {
        var json = Encoding.UTF8.GetBytes("""{"name":"é😀","props":{"a":1},"context":{}}""").AsMemory();
        return new Entry(EntryId, Project, 1772366400123, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        [
            new EntryEvent
            {
                Index = 0, Type = EventType.Profile, Ts = -5, Name = "é😀", UserId = "u", AnonymousId = "", IdempotencyKey = "k",
                Seq = long.MinValue, Original = json, Props = json.Slice(16 + 4, 7), Context = json[^3..^1],
                OtherId = "o", Update = json.Slice(16 + 4, 7),
            },
            new EntryEvent { Index = 4095, Ts = long.MaxValue, Name = "b", Original = json },
        ])
        {
            Traffic = json.Slice(16 + 4, 7),
            Refused = [new RefusedEvent(7, "invalid_name", json), new RefusedEvent(8, "missing_id", default)],
        };
    }

    [Fact]
    public void An_entry_reads_back_as_it_was_written()
    {
        var (written, read) = (Sample(), EntryCodec.Decode(EntryCodec.Encode(Sample())));

        Assert.Equal(
            (written.EntryId, written.ProjectId, written.ReceivedAt, written.TraceParent),
            (read.EntryId, read.ProjectId, read.ReceivedAt, read.TraceParent));
        Assert.Equal(written.Events.Select(Fields), read.Events.Select(Fields));
        Assert.Equal(Text(written.Traffic), Text(read.Traffic));
        Assert.Equal(
            written.Refused.Select(refused => (refused.Index, refused.Reason, Text(refused.Original))),
            read.Refused.Select(refused => (refused.Index, refused.Reason, Text(refused.Original))));
    }

    [Fact]
    public void An_entry_of_before_updates_is_still_read()
    {
        var old = Sample();
        old.Events[0].OtherId = null;
        old.Events[0].Update = default;
        var bytes = EntryCodec.Encode(old with { Refused = [], Traffic = default });
        // It ended with its events: the last byte counts what was refused.
        bytes[0] = 1;

        var read = EntryCodec.Decode(bytes.AsMemory(0, bytes.Length - 1));

        Assert.Equal(old.Events.Select(Fields), read.Events.Select(Fields));
        Assert.Empty(read.Refused);
    }

    [Fact]
    public void An_entry_names_the_letter_it_replays_and_only_then_needs_a_writer_that_knows_of_letters()
    {
        var letter = Guid.Parse("01930000-0000-7000-8000-000000000002");
        var plain = Sample() with { Traffic = default };
        Assert.Equal(letter, EntryCodec.Decode(EntryCodec.Encode(plain with { Replays = letter })).Replays);
        Assert.Equal(letter, EntryCodec.Decode(EntryCodec.Encode(Sample() with { Replays = letter })).Replays);
        Assert.Null(EntryCodec.Decode(EntryCodec.Encode(Sample())).Replays);
        Assert.Equal(
            (2, 3, 4), (EntryCodec.Encode(plain)[0], EntryCodec.Encode(plain with { Replays = letter })[0], EntryCodec.Encode(Sample())[0]));
    }

    private static object Fields(EntryEvent e) => (
        (e.Index, e.Type, e.Ts, e.Name, e.UserId, e.AnonymousId, e.IdempotencyKey),
        (e.Seq, Text(e.Original), Text(e.Props), Text(e.Context)), (e.OtherId, Text(e.Update)));

    private static string Text(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);

    [Fact]
    public void An_entry_cut_anywhere_is_unreadable()
    {
        var bytes = EntryCodec.Encode(Sample());
        for (var length = 0; length < bytes.Length; length++)
            Assert.Throws<InvalidDataException>(() => EntryCodec.Decode(bytes.AsMemory(0, length)));
        Assert.Throws<InvalidDataException>(() => EntryCodec.Decode(bytes.Append((byte)0).ToArray()));
    }

    [Fact]
    public void An_entry_of_another_version_is_unreadable()
    {
        var bytes = EntryCodec.Encode(Sample());
        bytes[0]++;
        Assert.Throws<InvalidDataException>(() => EntryCodec.Decode(bytes));
    }

    [Fact]
    public void Whatever_bytes_change_nothing_is_read_past_the_end()
    {
        var random = new Random(1);
        for (var round = 0; round < 20_000; round++)
        {
            var bytes = EntryCodec.Encode(Sample());
            for (var change = random.Next(1, 4); change > 0; change--)
                bytes[random.Next(bytes.Length)] = (byte)(random.Next(4) == 0 ? 0xFF : random.Next(256));
            var fault = Record.Exception(() => EntryCodec.Decode(bytes));
            Assert.True(fault is null or InvalidDataException, fault?.ToString());
        }
    }

    [Fact]
    public void The_ids_of_an_entry_are_uuids_of_version_7_in_the_order_of_its_events()
    {
        var entry = Sample();
        var ids = Enumerable.Range(0, 4096).Select(entry.IdOf).ToList();

        Assert.All(ids, id => Assert.Equal((7, 0b10), (id.Version, id.Variant >> 2)));
        Assert.Equal("019ca945-", ids[0].ToString()[..9]);
        Assert.Equal(ids.Select(id => id.ToString()).Order(StringComparer.Ordinal).Distinct(), ids.Select(id => id.ToString()));
        Assert.Throws<ArgumentOutOfRangeException>(() => entry.IdOf(4096));
    }
}
