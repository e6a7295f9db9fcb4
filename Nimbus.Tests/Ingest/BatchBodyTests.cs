using System.Text;
using System.Text.Json;
using Nimbus.IngestService.Pipeline;

namespace Nimbus.Tests.Ingest;

public class BatchBodyTests
{
    private static BatchBody Read(string json, int maxEvents = 1000) => BatchBody.Read(Encoding.UTF8.GetBytes(json), maxEvents);

    [Fact]
    public void The_project_may_stand_before_or_after_the_events()
    {
        var project = Guid.Parse("01930000-0000-7000-8000-000000000001");
        Assert.Equal(project, Read($$"""{"project_id":"{{project}}","events":[{}]}""").ProjectId);
        Assert.Equal(project, Read($$"""{"events":[{}],"project_id":"{{project}}"}""").ProjectId);
        Assert.Null(Read("""{"project_id":null,"events":[{}]}""").ProjectId);
        Assert.Equal(Guid.Empty, Read("""{"project_id":"mine","events":[{}]}""").ProjectId);
        Assert.Equal(Guid.Empty, Read("""{"project_id":{"a":[1]},"events":[{}]}""").ProjectId);
    }

    [Fact]
    public void The_last_of_two_lists_stands() =>
        Assert.Equal(2, Read("""{"events":[{}],"events":[{},{}],"more":{"events":[1,2,3]}}""").Events!.Count);

    [Theory]
    [InlineData("""{}""")]
    [InlineData("""{"events":null}""")]
    [InlineData("""{"events":{"name":"a"}}""")]
    public void Without_a_list_there_are_no_events(string json) => Assert.Null(Read(json).Events);

    [Fact]
    public void One_event_too_many_is_enough_to_know() =>
        Assert.Equal(3, Read("""{"events":[1,2,3,4,5""", maxEvents: 2).Events!.Count);

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("17")]
    [InlineData("{\"events\":[{]}")]
    [InlineData("{\"events\":[{}]")]
    [InlineData("{\"events\":[{}]} x")]
    [InlineData("{\"events\":[{}],}")]
    [InlineData("{'events':[]}")]
    public void What_is_no_object_is_no_body(string json) => Assert.ThrowsAny<JsonException>(() => Read(json));
}
