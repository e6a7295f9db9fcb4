using Nimbus.Events;
using Nimbus.QueryService.Events;
using Nimbus.QueryService.Funnels;
using Nimbus.QueryService.Metrics;
using Nimbus.QueryService.Querying;
using Nimbus.QueryService.Retention;
using Nimbus.QueryService.Stats;
using Nimbus.ServiceDefaults;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.RequireConnectionString("eventsdb").RequireConnectionString("redis", ConnectionKind.Redis);
builder.AddRedisClient("redis");
// Reading goes on without Redis: what it tells of changes comes later, by expiry.
builder.Services.TolerateUnhealthy("StackExchange.Redis");
builder.AddEventsDatabase();
builder.AddProjectAccess();
builder.Services.AddApiDescription();
builder.Services.AddQuerying();
builder.Services.AddEvents().AddMetricsQueries().AddStats();

var app = builder.Build();
app.UseServiceDefaults();
app.MapEvents();
app.MapMetricsQueries();
app.MapStats();
app.MapFunnels();
app.MapRetention();
app.MapOpenApi();
app.MapDefaultEndpoints();
app.Run();
