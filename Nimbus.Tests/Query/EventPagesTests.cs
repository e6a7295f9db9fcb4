using System.Text.Json;
using Nimbus.QueryService.Events;
using Nimbus.QueryService.Querying;
using Nimbus.Tests.Hosting;
using NodaTime;

namespace Nimbus.Tests.Query;

/// <summary>Pages of random events hold what was stored.</summary>
[Collection(NimbusSystem.Collection)]
public sealed class EventPagesTests(NimbusSystem nimbus) : IAsyncLifetime
{
    private EventsDatabase database = null!;

    public async Task InitializeAsync() => database = await EventsDatabase.OpenAsync(nimbus);

    public async Task DisposeAsync() => await database.DisposeAsync();

    [Theory]
    [InlineData(true, 7)]
    [InlineData(false, 7)]
    [InlineData(false, 1)]
    [InlineData(true, 1000)]
    public async Task Pages_of_events_hold_each_event_once_and_in_order(bool ascending, int limit)
    {
        var start = Instant.FromUtc(2026, 2, 25, 0, 0);
        var project = RandomProject.Make(seed: 120, start, 120);
        await project.StoreAsync(database.DataSource);
        var expected = project.Events.Where(e => e.Name == "view" && Instant.FromDateTimeUtc(e.Ts) >= start)
            .OrderBy(e => e.Ts).ThenBy(e => e.Id.ToString()).ToList();
        if (!ascending) expected.Reverse();

        var read = new List<EventResult>();
        EventCursor? after = null;
        do
        {
            var page = await database.Events.ReadAsync(
                new(project.Id, new EventFilter("view"), start, null, ascending, limit, after), default);
            Assert.True(page.Events.Count <= limit);
            read.AddRange(page.Events);
            after = page.NextCursor is null ? null : EventCursor.Parse(page.NextCursor);
        }
        while (after is not null);

        Assert.Equal(expected.Select(e => e.Id), read.Select(e => e.Id));
        foreach (var (e, result) in expected.Zip(read))
        {
            Assert.Equal((e.Ts, e.Name, e.UserId, e.AnonymousId), (result.Ts, result.Name, result.UserId, result.AnonymousId));
            Assert.Equal(project.Person(e) is { } person ? project.PersonIds[person] : null, result.PersonId);
            Assert.True(
                JsonElement.DeepEquals(Json(e.PropsText), Json(result.Props.Text)), $"{e.PropsText} became {result.Props.Text}");
        }
    }


    private static JsonElement Json(string text) => JsonSerializer.Deserialize<JsonElement>(text);
}
