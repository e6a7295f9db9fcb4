using Nimbus.IdentityService.ApiKeys;
using Nimbus.IdentityService.Audit;
using Nimbus.IdentityService.Description;
using Nimbus.IdentityService.Projects;
using Nimbus.IdentityService.Storage;
using Nimbus.IdentityService.Tokens;
using Nimbus.IdentityService.Users;
using Nimbus.ServiceDefaults;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddStorage();
builder.Services.AddUsers().AddSessions().AddProjects().AddApiKeys().AddAuditLog();
builder.Services.AddApiDescription();

var app = builder.Build();
app.UseServiceDefaults();
app.MapAuth();
app.MapProjects();
app.MapKeys();
app.MapInternalMembers();
app.MapInternalKeys();
app.MapOpenApi();
app.MapDefaultEndpoints();
app.Run();
