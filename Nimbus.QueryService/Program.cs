using Nimbus.Events;
using Nimbus.QueryService.Cohorts;
using Nimbus.QueryService.Events;
using Nimbus.QueryService.Export;
using Nimbus.QueryService.Funnels;
using Nimbus.QueryService.Lifecycle;
using Nimbus.QueryService.Metrics;
using Nimbus.QueryService.Paths;
using Nimbus.QueryService.Persons;
using Nimbus.QueryService.Querying;
using Nimbus.QueryService.Retention;
using Nimbus.QueryService.Saved;
using Nimbus.QueryService.Schema;
using Nimbus.QueryService.Sessions;
using Nimbus.QueryService.Stats;
using Nimbus.QueryService.Stickiness;
using Nimbus.QueryService.Trends;
using Nimbus.ServiceDefaults;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.RequireConnectionString("eventsdb").RequireConnectionString("redis", ConnectionKind.Redis);
builder.AddRedisClient("redis");
// Reading goes on without Redis: what it tells of changes comes later, by expiry.
builder.Services.TolerateUnhealthy("StackExchange.Redis");
builder.AddEventsDatabase();
builder.AddProjectAccess();
builder.Services.AddApiDescription().AddQuerying().AddEvents().AddMetricsQueries().AddStats().AddExport().AddSchema().AddPersons()
    .AddSaved().AddCohorts();

var app = builder.Build();
app.UseServiceDefaults();
app.MapEvents();
app.MapMetricsQueries();
app.MapStats();
app.MapTrends();
app.MapFunnels();
app.MapRetention();
app.MapPaths();
app.MapLifecycle();
app.MapStickiness();
app.MapSessions();
app.MapExport();
app.MapSchema();
app.MapPersons();
app.MapCohorts();
app.MapOpenApi();
app.MapDefaultEndpoints();
app.Run();
