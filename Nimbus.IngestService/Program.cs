using Nimbus.IngestService;
using Nimbus.IngestService.Buffering;
using Nimbus.IngestService.Capture;
using Nimbus.IngestService.Compatibility;
using Nimbus.IngestService.DeadLetters;
using Nimbus.IngestService.People;
using Nimbus.IngestService.Status;
using Nimbus.IngestService.Writing;
using Nimbus.ServiceDefaults;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
// One project, two resources: intake takes events over HTTP into the stream, and the writer stores them from there.
var isWriter = builder.IsWriter();
builder.AddEventStream();
if (isWriter)
    builder.AddWriter();
else
    builder.AddCapture().AddCompatibility().AddDeadLetters().AddPeople();

var app = builder.Build();
app.UseServiceDefaults();
app.MapDefaultEndpoints();
if (!isWriter)
{
    app.MapOpenApi();
    app.MapCapture();
    app.MapCompatibility();
    app.MapDeadLetters();
    app.MapPeople();
    app.MapIngestionStatus();
}
app.Run();
