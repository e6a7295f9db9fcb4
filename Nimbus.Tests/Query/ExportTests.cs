using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using Nimbus.QueryService.Events;
using Nimbus.QueryService.Export;
using Nimbus.Tests.Hosting;
using NodaTime;

namespace Nimbus.Tests.Query;

/// <summary>Exports of random events, which hold strings of every kind, from PostgreSQL.</summary>
[Collection(NimbusSystem.Collection)]
public sealed class ExportTests(NimbusSystem nimbus) : IAsyncLifetime
{
    private static readonly Instant Start = Instant.FromUtc(2026, 2, 25, 0, 0);

    private EventsDatabase database = null!;

    public async Task InitializeAsync() => database = await EventsDatabase.OpenAsync(nimbus);

    public async Task DisposeAsync() => await database.DisposeAsync();

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1000)]
    public async Task Lines_of_JSON_hold_every_event_once_and_in_order_whatever_the_size_of_a_page(int pageSize)
    {
        var project = await StoreAsync(120);
        var expected = project.Events.OrderBy(e => e.Ts).ThenBy(e => e.Id.ToString()).ToList();

        var lines = (await ExportAsync(project, ExportFormat.JsonLines, pageSize)).TrimEnd('\n').Split('\n');

        var read = lines.Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Equal(expected.Select(e => e.Id), read.Select(e => e.GetProperty("id").GetGuid()));
        foreach (var (e, line) in expected.Zip(read))
        {
            Assert.Equal(
                (e.Ts, e.Name, e.UserId, e.AnonymousId),
                (line.GetProperty("ts").GetDateTime(), line.GetProperty("name").GetString(),
                    line.GetProperty("user_id").GetString(), line.GetProperty("anonymous_id").GetString()));
            Assert.True(JsonElement.DeepEquals(JsonDocument.Parse(e.PropsText).RootElement, line.GetProperty("props")), line.ToString());
        }
    }

    [Fact]
    public async Task A_project_without_events_is_an_empty_file_and_as_CSV_a_header()
    {
        var project = await StoreAsync(0);
        Assert.Equal("", await ExportAsync(project, ExportFormat.JsonLines, 10));
        Assert.Equal("event_id,occurred_at,user_id,event_type,properties_json\n", await ExportAsync(project, ExportFormat.Csv, 10));
    }

    [Fact]
    public async Task An_export_waits_for_its_reader_and_ends_when_the_reader_goes()
    {
        var project = await StoreAsync(2000);
        var whole = await ExportAsync(project, ExportFormat.JsonLines, 10);
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 4096, resumeWriterThreshold: 2048));
        using var gone = new CancellationTokenSource();

        var export = new EventExport(database.Events).WriteAsync(
            Query(project, 10), ExportFormat.JsonLines, pipe.Writer.AsStream(), gone.Token);
        var first = await pipe.Reader.ReadAtLeastAsync(4096);
        pipe.Reader.AdvanceTo(first.Buffer.Start);
        var waiting = first.Buffer.Length;
        await gone.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => export);
        // One piece of 64 KiB, and the line that filled it.
        Assert.True(whole.Length > 400_000, $"{whole.Length} characters would fit into the buffers on the way");
        Assert.InRange(waiting, 4096, 80 << 10);
    }

    private async Task<StoredProject> StoreAsync(int events)
    {
        var project = RandomProject.Make(seed: events, Start, events);
        await project.StoreAsync(database.DataSource);
        return project;
    }

    private async Task<string> ExportAsync(StoredProject project, ExportFormat format, int pageSize)
    {
        using var body = new MemoryStream();
        await new EventExport(database.Events).WriteAsync(Query(project, pageSize), format, body, default);
        return Encoding.UTF8.GetString(body.ToArray());
    }

    private static EventsQuery Query(StoredProject project, int pageSize) =>
        new(project.Id, new(), null, null, Ascending: true, pageSize, After: null);
}
