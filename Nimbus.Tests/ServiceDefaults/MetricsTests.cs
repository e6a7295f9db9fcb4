using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Builder;
using Nimbus.ServiceDefaults;

namespace Nimbus.Tests.ServiceDefaults;

/// <summary>Meters are heard in the whole process, so each test has instruments, or a route, of its own.</summary>
public class MetricsTests
{
    [Fact]
    public async Task A_scrape_of_a_service_that_has_done_nothing_is_valid()
    {
        await using var host = await DefaultsHost.StartAsync();

        using var response = await host.Client.GetAsync("/metrics");
        var page = PrometheusPage.Parse(await response.Content.ReadAsStringAsync());

        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", response.Content.Headers.ContentType?.ToString());
        Assert.Contains(page.Samples, sample => sample.Key.StartsWith("target_info{", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Requests_are_measured_by_the_framework_under_the_names_of_the_conventions()
    {
        await using var host = await DefaultsHost.StartAsync(app => app.MapGet("/metered/{id}", (int id) => id));
        await host.Client.GetStringAsync("/metered/1");
        await host.Client.GetStringAsync("/metered/2");

        var page = await ScrapeAsync(host);

        Assert.Equal("histogram", page.Types["http_server_request_duration_seconds"]);
        Assert.Equal("gauge", page.Types["http_server_active_requests"]);
        Assert.Equal("gauge", page.Types["kestrel_active_connections"]);
        Assert.Contains("dotnet_process_memory_working_set_bytes", page.Types.Keys);
        var count = Assert.Single(page.Samples, sample =>
            sample.Key.StartsWith("http_server_request_duration_seconds_count{", StringComparison.Ordinal)
            && sample.Key.Contains("http_route=\"/metered/{id}\"", StringComparison.Ordinal));
        Assert.Equal(2, count.Value);
    }

    [Fact]
    public async Task Each_kind_of_instrument_has_its_form()
    {
        using var meter = new Meter("Nimbus.Tests." + Guid.NewGuid().ToString("N"));
        await using var host = await DefaultsHost.StartAsync();
        meter.CreateCounter<long>("nimbus.tests.received", "{event}", "Events\nreceived \\ here.").Add(3, new("reason", "a\"b\\c\nd"), new("ok", true));
        meter.CreateCounter<double>("nimbus.tests.spent_total", "s").Add(1.5);
        meter.CreateUpDownCounter<int>("nimbus.tests.waiting", "By").Add(-7);
        meter.CreateObservableGauge("nimbus.tests.share", () => 0.25, "1");
        meter.CreateObservableGauge("nimbus.tests.limit", () => double.PositiveInfinity);
        var duration = meter.CreateHistogram<double>(
            "nimbus.tests.duration", "s", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.1, 1] });
        foreach (var seconds in new[] { 0.05, 0.1, 0.5, 7 })
            duration.Record(seconds, new KeyValuePair<string, object?>("query.kind", "funnel"));

        var page = await ScrapeAsync(host);

        Assert.Equal(@"Events\nreceived \\ here.", page.Helps["nimbus_tests_received_total"]);
        Assert.Equal("counter", page.Types["nimbus_tests_received_total"]);
        Assert.Equal(3, page.Samples["""nimbus_tests_received_total{ok="true",reason="a\"b\\c\nd"}"""]);
        Assert.Equal(1.5, page.Samples["nimbus_tests_spent_seconds_total"]);
        Assert.Equal("gauge", page.Types["nimbus_tests_waiting_bytes"]);
        Assert.Equal(-7, page.Samples["nimbus_tests_waiting_bytes"]);
        Assert.Equal(0.25, page.Samples["nimbus_tests_share_ratio"]);
        Assert.Equal(double.PositiveInfinity, page.Samples["nimbus_tests_limit"]);
        Assert.Equal("histogram", page.Types["nimbus_tests_duration_seconds"]);
        Assert.Equal(2, page.Samples["""nimbus_tests_duration_seconds_bucket{query_kind="funnel",le="0.1"}"""]);
        Assert.Equal(3, page.Samples["""nimbus_tests_duration_seconds_bucket{query_kind="funnel",le="1"}"""]);
        Assert.Equal(4, page.Samples["""nimbus_tests_duration_seconds_bucket{query_kind="funnel",le="+Inf"}"""]);
        Assert.Equal(7.65, page.Samples["""nimbus_tests_duration_seconds_sum{query_kind="funnel"}"""], 9);
    }

    [Fact]
    public async Task Durations_in_seconds_fall_into_buckets_of_seconds()
    {
        using var meter = new Meter("Nimbus.Tests." + Guid.NewGuid().ToString("N"));
        await using var host = await DefaultsHost.StartAsync();
        meter.CreateHistogram<double>("nimbus.tests.wait", "s").Record(0.03);
        meter.CreateHistogram<double>("nimbus.tests.size", "By").Record(3);

        var page = await ScrapeAsync(host);

        Assert.Equal(0, page.Samples["""nimbus_tests_wait_seconds_bucket{le="0.025"}"""]);
        Assert.Equal(1, page.Samples["""nimbus_tests_wait_seconds_bucket{le="0.05"}"""]);
        Assert.Equal(1, page.Samples["""nimbus_tests_size_bytes_bucket{le="5"}"""]);
    }

    [Fact]
    public async Task Probes_do_not_count_as_requests()
    {
        await using var host = await DefaultsHost.StartAsync();
        await host.Client.GetStringAsync("/health");
        await host.Client.GetStringAsync("/metrics");

        var page = await ScrapeAsync(host);

        Assert.DoesNotContain(page.Samples, sample =>
            sample.Key.StartsWith("http_server_request_duration_seconds", StringComparison.Ordinal)
            && (sample.Key.Contains("\"/health\"", StringComparison.Ordinal) || sample.Key.Contains("\"/metrics\"", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Counts_go_on_from_scrape_to_scrape()
    {
        using var meter = new Meter("Nimbus.Tests." + Guid.NewGuid().ToString("N"));
        await using var host = await DefaultsHost.StartAsync();
        var counter = meter.CreateCounter<long>("nimbus.tests.goes_on");

        for (var expected = 1; expected <= 3; expected++)
        {
            counter.Add(1);
            Assert.Equal(expected, (await ScrapeAsync(host)).Samples["nimbus_tests_goes_on_total"]);
        }
    }

    [Fact]
    public async Task Two_meters_with_one_name_share_a_family_and_no_series()
    {
        var id = Guid.NewGuid().ToString("N");
        using var one = new Meter($"Nimbus.Tests.One{id}");
        using var two = new Meter($"Nimbus.Tests.Two{id}");
        await using var host = await DefaultsHost.StartAsync();
        one.CreateCounter<long>("nimbus.tests.shared").Add(1);
        two.CreateCounter<long>("nimbus.tests.shared").Add(2);

        var page = await ScrapeAsync(host);

        Assert.Equal(1, page.Samples[$$"""nimbus_tests_shared_total{otel_scope_name="Nimbus.Tests.One{{id}}"}"""]);
        Assert.Equal(2, page.Samples[$$"""nimbus_tests_shared_total{otel_scope_name="Nimbus.Tests.Two{{id}}"}"""]);
    }

    [Fact]
    public async Task Scrapes_at_the_same_time_are_all_whole()
    {
        using var meter = new Meter("Nimbus.Tests." + Guid.NewGuid().ToString("N"));
        await using var host = await DefaultsHost.StartAsync();
        var counter = meter.CreateCounter<long>("nimbus.tests.busy");
        counter.Add(1);

        var pages = await Task.WhenAll(Enumerable.Range(0, 32).Select(async i =>
        {
            counter.Add(1, new KeyValuePair<string, object?>("caller", i));
            return await ScrapeAsync(host);
        }));

        Assert.All(pages, page => Assert.Equal(1, page.Samples["nimbus_tests_busy_total"]));
    }

    [Theory]
    [InlineData("http.server.request.duration", "s", false, false, "http_server_request_duration_seconds")]
    [InlineData("dotnet.gc.collections", "{collection}", true, false, "dotnet_gc_collections_total")]
    [InlineData("nimbus.events.received", "", true, false, "nimbus_events_received_total")]
    [InlineData("already_total", "", true, false, "already_total")]
    [InlineData("gone.seconds", "s", true, false, "gone_seconds_total")]
    [InlineData("share", "1", false, true, "share_ratio")]
    [InlineData("count", "1", true, false, "count_total")]
    [InlineData("speed", "By/s", false, true, "speed_bytes_per_second")]
    [InlineData("speed", "{event}/s", false, true, "speed_per_second")]
    [InlineData("odd--name  here", "", false, true, "odd_name_here")]
    [InlineData("5xx", "", true, false, "_5xx_total")]
    [InlineData("größe", "KiBy", false, true, "gr_e_kibibytes")]
    public void Names_follow_the_rules_of_translation(string instrument, string unit, bool counter, bool gauge, string expected)
    {
        Assert.Equal(expected, PrometheusName.OfMetric(instrument, unit, counter, gauge));
    }

    [Theory]
    [InlineData("http.route", "http_route")]
    [InlineData("__name__", "key__name__")]
    [InlineData("5", "_5")]
    [InlineData("a:b", "a_b")]
    public void Labels_are_plain_and_never_those_of_Prometheus(string key, string expected)
    {
        Assert.Equal(expected, PrometheusName.OfLabel(key));
    }

    private static async Task<PrometheusPage> ScrapeAsync(DefaultsHost host) =>
        PrometheusPage.Parse(await host.Client.GetStringAsync("/metrics"));
}
