using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Nimbus.IngestService.Traffic;

namespace Nimbus.Tests.Ingest;

public sealed class TrafficTests
{
    private const string Firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

    [Theory]
    [InlineData("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0", "Edge", "126", "Windows", "desktop", false)]
    [InlineData("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1", "Safari", "17", "iOS", "mobile", false)]
    [InlineData("Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36", "Chrome", "126", "Android", "mobile", false)]
    [InlineData("Mozilla/5.0 (Linux; Android 13; SM-X710) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36", "Chrome", "126", "Android", "tablet", false)]
    [InlineData("Mozilla/5.0 (Linux; Android 10; CUBOT NOTE) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36", "Chrome", "126", "Android", "mobile", false)]
    [InlineData("Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15", "Safari", "17", "macOS", "desktop", false)]
    [InlineData(Firefox, "Firefox", "140", "Linux", "desktop", false)]
    [InlineData("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/156.0.0.0 Safari/537.36", "Chrome", "156", "Linux", "desktop", true)]
    [InlineData("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", null, null, null, "desktop", true)]
    public void A_browser_is_known_by_its_user_agent(string userAgent, string? name, string? version, string? os, string device, bool isBot)
    {
        Assert.Equal(new Browser(name, version, os, device, isBot), Browser.Of(userAgent));
    }

    [Theory]
    [InlineData("analytics-node-next/latest")]
    [InlineData("posthog-node/5.70.0")]
    [InlineData("")]
    public void A_server_is_no_browser(string userAgent)
    {
        Assert.Null(Browser.Of(userAgent));
    }

    [Theory]
    [InlineData("203.0.113.77", "203.0.113.0")]
    [InlineData("::ffff:203.0.113.77", "203.0.113.0")]
    [InlineData("2001:db8:1234:5678::1", "2001:db8:1234::")]
    public void Of_an_address_its_network_is_kept(string address, string kept)
    {
        Assert.Equal(kept, TrafficTagger.Truncate(IPAddress.Parse(address)).ToString());
    }

    [Fact]
    public void Nothing_is_told_unless_the_project_wants_it_and_no_address_unless_it_is_asked_for()
    {
        Assert.Equal("", Tag(TrafficDetail.None));
        const string Known = "\"browser\":\"Firefox\",\"browser_version\":\"140\",\"os\":\"Linux\",\"device\":\"desktop\",\"bot\":false";
        Assert.Equal($"{{{Known}}}", Tag(TrafficDetail.Browser));
        Assert.Equal(
            $"{{{Known},\"country\":\"DE\",\"ip\":\"203.0.113.0\"}}",
            Tag(TrafficDetail.Network, "X-Country"));
    }

    private static string Tag(TrafficDetail detail, string? countryHeader = null)
    {
        var request = new DefaultHttpContext().Request;
        request.Headers.UserAgent = Firefox;
        request.Headers["X-Country"] = "de";
        request.Headers["X-Forwarded-For"] = "203.0.113.77";
        return Encoding.UTF8.GetString(new TrafficTagger(Options.Create(new TrafficOptions { CountryHeader = countryHeader })).Of(request, detail).Span);
    }
}
