using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.WebUtilities;
using Nimbus.ServiceDefaults;

namespace Nimbus.QueryService.Querying;

/// <summary>Lets requests pass whose <c>project_id</c> names a project of the caller; others find none.</summary>
public sealed class ProjectScope(ProjectAccess projects) : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        if (GivenTwice(http.Request) is { } repeated)
            return Fault(repeated, "may be given once only");
        if (!Guid.TryParse(http.Request.Query["project_id"], out var projectId))
            return Fault("project_id", "must be the id of a project");
        if (await projects.FindAsync(projectId, http.User.UserId(), http.RequestAborted) is not { } member)
            return Problem.Of(404, "project_not_found", "There is no such project, or you are not a member of it.");
        http.Features.Set(member);
        return await next(context);
    }

    private static ProblemHttpResult Fault(string parameter, string message) =>
        Problem.Invalid(new Dictionary<string, string[]> { [parameter] = [message] });

    private static string? GivenTwice(HttpRequest request)
    {
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var pair in new QueryStringEnumerable(request.QueryString.Value))
        {
            var name = pair.DecodeName().ToString();
            if (!name.StartsWith("props.", StringComparison.OrdinalIgnoreCase) && !seen.Add(name)) return name;
        }
        return null;
    }
}

/// <summary>Routes behind <see cref="ProjectScope"/>, and what it found.</summary>
public static class ProjectScopeExtensions
{
    /// <summary>Routes for members of the project that <c>project_id</c> names.</summary>
    public static RouteGroupBuilder MapProjectQueries(this IEndpointRouteBuilder routes, string prefix)
    {
        var group = routes.MapGroup(prefix).RequireAuthorization(Policies.User).AddEndpointFilter<ProjectScope>();
        foreach (var status in new[] { 400, 401, 404, 503 })
            group.WithMetadata(new ProducesResponseTypeMetadata(status, typeof(ProblemDetails), ["application/problem+json"]));
        return group;
    }

    /// <summary>The project the request asks about, of which the caller is a member.</summary>
    public static ProjectMember Project(this HttpContext http) => http.Features.GetRequiredFeature<ProjectMember>();
}
