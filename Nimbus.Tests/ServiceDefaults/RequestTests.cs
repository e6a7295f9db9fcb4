using System.Net.WebSockets;
using Nimbus.ServiceDefaults;

namespace Nimbus.Tests.ServiceDefaults;

/// <summary>Request ids, JSON conventions and tokens on WebSockets.</summary>
public class RequestTests(RequestHost service) : IClassFixture<RequestHost>
{
    private static readonly Guid User = Guid.CreateVersion7();

    private readonly DefaultsHost host = service.Host;

    [Theory]
    [InlineData("abc-123")]
    [InlineData("~!{}\"'")]
    public async Task A_sane_request_id_comes_back_and_reaches_the_endpoint(string id)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/echo");
        request.Headers.TryAddWithoutValidation("X-Request-Id", id);

        using var response = await host.Client.SendAsync(request);

        Assert.Equal(id, Assert.Single(response.Headers.GetValues("X-Request-Id")));
        Assert.Equal(id, await response.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("two words")]
    [InlineData("")]
    [InlineData("tab\there")]
    [InlineData(null)]
    public async Task Any_other_request_id_is_replaced(string? id)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/echo");
        if (id is not null)
            request.Headers.TryAddWithoutValidation("X-Request-Id", id);

        using var response = await host.Client.SendAsync(request);

        var given = Assert.Single(response.Headers.GetValues("X-Request-Id"));
        Assert.Matches("^[0-9a-f]{32}$", given);
        Assert.Equal(given, await response.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData(128, true)]
    [InlineData(129, false)]
    [InlineData(0, false)]
    public void A_request_id_has_at_most_128_characters(int length, bool sane)
    {
        Assert.Equal(sane, RequestIds.IsSane(new string('a', length)));
        Assert.False(RequestIds.IsSane(new string('a', length) + "ä"));
    }

    [Fact]
    public async Task JSON_is_snake_case_with_nulls_written()
    {
        Assert.Equal("""{"first_name":"a","last_name":null,"week_day":"wednesday"}""", await host.Client.GetStringAsync("/shape"));
    }

    [Fact]
    public async Task Fields_that_are_not_known_are_ignored()
    {
        using var body = new StringContent(
            """{"first_name":"b","week_day":"sunday","future":{"a":1}}""", System.Text.Encoding.UTF8, "application/json");

        using var response = await host.Client.PostAsync("/shape", body);

        Assert.Equal("""{"first_name":"b","last_name":null,"week_day":"sunday"}""", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Long_query_strings_are_taken_up_to_128_KB()
    {
        using var taken = await host.Client.GetAsync("/shape?data=" + new string('a', 120_000));
        Assert.Equal(200, (int)taken.StatusCode);

        using var refused = await host.Client.GetAsync("/shape?data=" + new string('a', 140_000));
        Assert.Equal(414, (int)refused.StatusCode);
    }

    [Fact]
    public async Task On_a_WebSocket_the_token_may_be_a_subprotocol_or_a_query_value()
    {
        var token = host.UserToken(User);

        Assert.Equal(User.ToString(), await AskAsync("/ws/who", "nimbus", token));
        Assert.Equal(User.ToString(), await AskAsync($"/ws/who?access_token={token}"));
        await Assert.ThrowsAsync<WebSocketException>(() => AskAsync("/ws/who"));
        await Assert.ThrowsAsync<WebSocketException>(() => AskAsync("/ws/who", "nimbus", "a.b.c"));
    }

    private async Task<string> AskAsync(string path, params string[] protocols)
    {
        using var socket = new ClientWebSocket();
        foreach (var protocol in protocols)
            socket.Options.AddSubProtocol(protocol);
        await socket.ConnectAsync(new Uri(host.Client.BaseAddress!.ToString().Replace("http:", "ws:", StringComparison.Ordinal).TrimEnd('/') + path), default);
        var buffer = new byte[100];
        var message = await socket.ReceiveAsync(buffer, default);
        return System.Text.Encoding.UTF8.GetString(buffer, 0, message.Count);
    }
}
