using System.Globalization;
using System.Net;
using System.Text;
using Nimbus.Tests.EndToEnd;
using Nimbus.Tests.Hosting;

namespace Nimbus.Tests.Sdk;

/// <summary>Many senders at once about the same few people and groups, so that the writer's lanes meet at the same rows.</summary>
[Collection(NimbusSystem.Collection)]
public sealed class ProfileLoadTests(NimbusSystem nimbus)
{
    private const int Senders = 8;
    private const int Requests = 10;
    private const int Events = 50;
    private const int People = 20;

    [Fact]
    public async Task Senders_about_the_same_people_at_once_lose_nothing_and_agree_on_the_last_write()
    {
        var project = await TestProject.CreateAsync(nimbus);
        var start = DateTimeOffset.UtcNow.AddHours(-1);

        await Task.WhenAll(Enumerable.Range(0, Senders).Select(async sender =>
        {
            for (var request = 0; request < Requests; request++)
                await SendAsync(project, start, sender, request);
        }));
        await project.WaitForCountAsync(Senders * Requests * Events, TimeSpan.FromSeconds(60));

        var people = (await project.AllEventsAsync()).GroupBy(e => e.PersonId).ToList();
        Assert.Equal(People, people.Count);
        // The write of the last second is the one of the last sender's last request, for those who are in it.
        var last = Enumerable.Range(0, Senders * Requests * Events).GroupBy(PersonOf).ToDictionary(p => p.Key, p => p.Max());
        foreach (var (person, number) in last)
            Assert.Equal($"{{\"number\":{number}}}", await StoredTraits.OfPersonAsync(nimbus, project.Id, $"user-{person}"));
        Assert.Equal(People, (await StoredTraits.MembersAsync(nimbus, project.Id, "acme")).Count);
    }

    private async Task SendAsync(TestProject project, DateTimeOffset start, int sender, int request)
    {
        var events = Enumerable.Range(0, Events).Select(i =>
        {
            var number = (i * Requests + request) * Senders + sender;
            var person = PersonOf(number);
            var ts = start.AddMilliseconds(number).ToString("O", CultureInfo.InvariantCulture);
            return number % 5 == 0
                ? $"{{\"event\":\"Seen\",\"distinct_id\":\"user-{person}\",\"timestamp\":\"{ts}\",\"properties\":{{\"$device_id\":\"device-{person}\",\"$groups\":{{\"company\":\"acme\"}},\"$set\":{{\"number\":{number}}}}}}}"
                : $"{{\"event\":\"$set\",\"distinct_id\":\"user-{person}\",\"timestamp\":\"{ts}\",\"$set\":{{\"number\":{number}}},\"properties\":{{\"$groups\":{{\"company\":\"acme\"}}}}}}";
        });
        using var body = new StringContent(
            $"{{\"api_key\":\"{project.Project.WriteKey}\",\"batch\":[{string.Join(',', events)}]}}", Encoding.UTF8, "application/json");
        using var answer = await nimbus.Gateway.PostAsync("/batch/", body);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    private static int PersonOf(int number) => number * 7 % People;
}
