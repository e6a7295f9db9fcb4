using Nimbus.QueryService.Engine;

namespace Nimbus.Tests.Engine;

public sealed class SegmentTests : IDisposable
{
    private readonly EngineFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1, 1)]
    [InlineData(100, 2)]
    [InlineData(70_000, 50)]
    [InlineData(200_000, 3)]
    public void What_is_written_is_read(int events, int seed)
    {
        using var project = MemoryProject.From(Events(events, seed));
        var path = Write(project);
        var file = SegmentFile.Open(path);
        try
        {
            Assert.Equal(Rows(project.Blocks(long.MinValue, long.MaxValue)), Rows(file.Blocks));
            Assert.All(file.Blocks.Zip(file.Blocks.Skip(1)), pair => Assert.True(pair.First.LastMs < pair.Second.FirstMs));
        }
        finally
        {
            file.LetGo();
        }
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(-5, 0)]
    [InlineData(-1, 3)]
    [InlineData(0, 15)]
    [InlineData(7, 255)]
    [InlineData(-1, 65_535)]
    [InlineData(0, 100_000)]
    [InlineData(0, 16_777_216)]
    [InlineData(int.MinValue, int.MaxValue)]
    public void Numbers_of_every_width_survive_packing(int smallest, int largest)
    {
        foreach (var count in new[] { 1, 2, 7, 8, 9, 31, 32, 33, 1000 })
        {
            var random = new Random(count);
            var values = Enumerable.Range(0, count)
                .Select(i => i == 0 ? smallest : i == 1 ? largest : (int)random.NextInt64(smallest, largest + 1L)).ToArray();
            Assert.Equal(values, Repacked(values));
        }
    }

    [Fact]
    public void A_file_with_one_flipped_bit_is_refused()
    {
        using var project = MemoryProject.From(Events(1000, 7));
        var path = Write(project);
        var whole = File.ReadAllBytes(path);
        var random = new Random(1);
        for (var i = 0; i < 200; i++)
        {
            // Bytes 20 to 31 of the header are not used.
            var at = i < 20 ? i : random.Next(EngineFile.HeaderBytes, whole.Length);
            var flipped = (byte[])whole.Clone();
            flipped[at] ^= (byte)(1 << random.Next(8));
            File.WriteAllBytes(path, flipped);
            Assert.Throws<InvalidDataException>(() => SegmentFile.Open(path));
        }
    }

    [Fact]
    public void A_file_that_was_cut_off_is_refused()
    {
        using var project = MemoryProject.From(Events(1000, 7));
        var path = Write(project);
        var whole = File.ReadAllBytes(path);
        foreach (var length in new[] { 0, 1, 31, 32, 1000, whole.Length - 8, whole.Length - 1 })
        {
            File.WriteAllBytes(path, whole[..length]);
            Assert.Throws<InvalidDataException>(() => SegmentFile.Open(path));
        }
    }

    [Fact]
    public void A_crash_while_writing_leaves_what_was_there()
    {
        using var project = MemoryProject.From(Events(1000, 7));
        var path = Write(project);
        var whole = File.ReadAllBytes(path);

        Assert.Throws<IOException>(() => SegmentWriter.Write(path, Failing(project.Blocks(long.MinValue, long.MaxValue)), Codes(project)));

        Assert.Equal(whole, File.ReadAllBytes(path));

        static IEnumerable<EventBlock> Failing(IEnumerable<EventBlock> blocks)
        {
            foreach (var block in blocks)
                yield return block;
            throw new IOException("The disk is full.");
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Late_events_are_read_as_if_they_had_come_in_time(int seed)
    {
        var events = Events(70_000, seed);
        var isLate = new Random(seed);
        var (early, late) = (new RowBuffer(), new List<RowBuffer>());
        using var all = MemoryProject.From(events);
        var columns = all.Blocks(long.MinValue, long.MaxValue).SelectMany(block => block.Source.Columns).Distinct().ToList();
        var batches = Enumerable.Range(0, 5).Select(_ => new RowBuffer()).ToList();
        foreach (var row in Rows(all.Blocks(long.MinValue, long.MaxValue)))
        {
            var buffer = isLate.Next(20) == 0 ? batches[isLate.Next(batches.Count)] : early;
            buffer.Add(row.Ms, row.Name, row.Person, row.Flags, row.Seq == long.MaxValue ? null : row.Seq);
            foreach (var (column, code) in row.Codes)
                buffer.SetCode(column, code);
        }
        var path = _folder.File("early");
        SegmentWriter.Write(path, early.ToBlocks().Select(Whole), Codes(all));
        var file = SegmentFile.Open(path);
        var overlay = batches.SelectMany(batch => batch.ToBlocks())
            .Aggregate(new List<MemoryBlock>(), LateEvents.Insert);

        var merged = LateEvents.Over(file.Blocks, overlay).ToList();

        Assert.Equal(InAnyOrderWithinAMillisecond(Rows(all.Blocks(long.MinValue, long.MaxValue))), InAnyOrderWithinAMillisecond(Rows(merged)));
        Assert.All(merged.Zip(merged.Skip(1)), pair => Assert.True(pair.First.LastMs < pair.Second.FirstMs));
        var rows = Rows(merged);
        Assert.All(rows.Zip(rows.Skip(1)), pair => Assert.True((pair.First.Ms, pair.First.Seq).CompareTo((pair.Second.Ms, pair.Second.Seq)) <= 0));
        file.LetGo();
    }

    private static List<string> InAnyOrderWithinAMillisecond(List<Row> rows) =>
        [.. rows.Select(row => row.ToString()).Order(StringComparer.Ordinal)];

    // Columns with as many codes as the project's: what is behind them does not matter here.
    private static CodeWriter Codes(ProjectSnapshot project)
    {
        var columns = new ColumnSet();
        foreach (var key in project.Properties)
        {
            var id = columns.Add(key);
            for (var code = 1; code < project.Column(key.Source, key.Key)!.CodeCount; code++)
                columns[id].Values.AddNext(PropertyValue.NotSet);
        }
        return new CodeWriter(columns);
    }

    private static EventBlock Whole(BlockSource source) => new(source, 0, source.Count, source.FirstMs, source.LastMs);

    private static List<Row> Rows(IEnumerable<BlockSource> blocks) => Rows(blocks.Select(Whole));

    private static List<Row> Rows(IEnumerable<EventBlock> blocks)
    {
        var rows = new List<Row>();
        foreach (var block in blocks)
        {
            long[]? times = null, seqs = null;
            int[]? names = null, persons = null;
            byte[]? flags = null;
            var source = block.Source;
            var seq = source.Seqs(ref seqs).ToArray();
            var columns = source.Columns.Order().Select(column =>
            {
                int[]? codes = null;
                return (column, Codes: source.Codes(column, values: null, ref codes).ToArray());
            }).ToList();
            var (time, name, person, flag) = (source.Times(ref times).ToArray(), source.Names(ref names).ToArray(),
                source.Persons(ref persons).ToArray(), source.Flags(ref flags).ToArray());
            for (var i = 0; i < block.Count; i++)
            {
                rows.Add(new Row(time[i], name[i], person[i], flag[i], seq.Length == 0 ? long.MaxValue : seq[i],
                    [.. columns.Select(c => (c.column, c.Codes[i])).Where(c => c.Item2 != 0)]));
            }
        }
        return rows;
    }

    private string Write(ProjectSnapshot project)
    {
        var path = _folder.File("segment");
        SegmentWriter.Write(path, project.Blocks(long.MinValue, long.MaxValue), Codes(project));
        return path;
    }

    private static int[] Repacked(int[] values)
    {
        var width = PackedInts.WidthOf((uint)(values.Max() - values.Min()));
        var packed = new byte[PackedInts.BytesOf(values.Length, width) + PackedInts.Slack];
        PackedInts.Pack(values, values.Min(), width, packed);
        var unpacked = new int[values.Length];
        PackedInts.Unpack(packed, values.Min(), width, unpacked);
        return unpacked;
    }

    private static List<MemoryEvent> Events(int count, int seed)
    {
        var random = new Random(seed);
        var ms = -1_000_000L;
        return [.. Enumerable.Range(0, count).Select(i =>
        {
            ms += random.Next(4) == 0 ? 0 : random.Next(100) == 0 ? random.NextInt64(40L * 86_400_000) : random.Next(seed * 500);
            var props = new Dictionary<string, string> { ["plan"] = random.Next(3).ToString(), ["id"] = i.ToString() };
            if (i % 50_000 == 7)
                props["rare"] = "true";
            return new MemoryEvent(
                ms, $"name {random.Next(300)}", random.Next(3) == 0 ? null : $"u{random.Next(count)}",
                random.Next(2) == 0 ? null : $"a{random.Next(40)}", props,
                Type: (Nimbus.Events.EventType)random.Next(2), Seq: random.Next(3) == 0 && seed != 2 ? random.Next(5) : null);
        })];
    }

    private sealed record Row(
        long Ms, int Name, int Person, byte Flags, long Seq, IReadOnlyList<(int Column, int Code)> Codes)
    {
        public bool Equals(Row? other) =>
            other is not null && (Ms, Name, Person, Flags, Seq) == (other.Ms, other.Name, other.Person, other.Flags, other.Seq)
            && Codes.SequenceEqual(other.Codes);

        public override int GetHashCode() => HashCode.Combine(Ms, Name, Person);

        public override string ToString() => $"{Ms} {Name} {Person} {Flags} {Seq} {string.Join(' ', Codes)}";
    }
}
