using Nimbus.Gateway.ApiDocs;
using Nimbus.Gateway.Cors;
using Nimbus.Gateway.RateLimits;
using Nimbus.Gateway.Routes;
using Nimbus.Gateway.Status;
using Nimbus.ServiceDefaults;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddTrustedProxies();
builder.AddRoutes();
builder.AddCrossOrigin();
builder.AddRequestLimits();
builder.Services.AddServiceProbes();
builder.Services.AddApiDocs();

var app = builder.Build();
app.UseServiceDefaults();
app.UseTrustedProxies();
app.UseCrossOrigin();
app.UseRequestLimits();
app.UseUpstreamProblems();
app.UseMetricsSwitch();
app.MapDefaultEndpoints();
app.MapSystemHealth();
app.MapWelcome();
app.MapApiDocs();
app.MapReverseProxy();
app.Run();
