using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Nimbus.IdentityService.Members;
using Nimbus.IdentityService.Projects;
using Nimbus.IdentityService.Requests;
using Nimbus.IdentityService.Users;
using Nimbus.ServiceDefaults;

namespace Nimbus.IdentityService.Invitations;

internal static class InvitationEndpoints
{
    public static void MapInvitations(this IEndpointRouteBuilder routes)
    {
        var invitations = routes.MapGroup("/v1/projects/{id:guid}/invitations").WithTags("Members")
            .RequireAuthorization(Policies.User).RequireScope(TokenScopes.Admin).ProducesProblem(401).ProducesProblem(403).ProducesProblem(404);
        invitations.MapGet("", List).WithSummary("The invitations that can still be used").ProducesProblem(400);
        invitations.MapPost("", Create)
            .WithSummary("Invite by a link that works once; it is shown only here").ProducesProblem(400).ProducesProblem(409);
        invitations.MapDelete("/{invitation_id:guid}", Withdraw).WithSummary("Withdraw an invitation");
        routes.MapPost("/v1/invitations/accept", Accept).WithTags("Members").RequireAuthorization(Policies.User).RequireSession()
            .WithSummary("Join the project of an invitation")
            .ProducesProblem(400).ProducesProblem(401).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);
    }

    internal static async Task<Results<Ok<InvitationList>, ProblemHttpResult>> List(
        Guid id, ClaimsPrincipal user, ProjectRights rights, InvitationDesk invitations, CancellationToken ct,
        int? limit = null, string? cursor = null)
    {
        await rights.RequireAsync(id, user.UserId(), ProjectAction.ManageMembers, ct);
        var errors = new FieldErrors();
        var paging = Paging.Read(limit, cursor, ProjectReader.ReadPosition, errors);
        if (errors.Problem is { } problem)
            return problem;

        return TypedResults.Ok(await invitations.ListAsync(id, paging, ct));
    }

    internal static async Task<Results<Created<InvitationWithLink>, ProblemHttpResult>> Create(
        Guid id, CreateInvitationRequest request, ClaimsPrincipal user, ProjectRights rights, InvitationDesk invitations,
        PublicAddress address, CancellationToken ct)
    {
        await rights.RequireAsync(id, user.UserId(), ProjectAction.ManageMembers, ct);
        var errors = new FieldErrors();
        var role = Roles.Read(errors, request.Role);
        var email = errors.OptionalLine("email", request.Email, EmailAddress.MaxLength);
        if (email is not null && !EmailAddress.IsPlausible(email))
            errors.Add("email", "is not an email address");
        if (errors.Problem is { } problem)
            return problem;

        var (invitation, token) = await invitations.CreateAsync(id, user.UserId(), role, email, ct);
        return TypedResults.Created(
            $"/v1/projects/{id}/invitations/{invitation.Id}",
            new InvitationWithLink(invitation, token, address.LinkTo("invitation", token)));
    }

    internal static async Task<NoContent> Withdraw(
        Guid id, [FromRoute(Name = "invitation_id")] Guid invitationId, ClaimsPrincipal user, InvitationDesk invitations,
        CancellationToken ct)
    {
        await invitations.WithdrawAsync(id, user.UserId(), invitationId, ct);
        return TypedResults.NoContent();
    }

    internal static async Task<Results<Ok<JoinedAnswer>, ProblemHttpResult>> Accept(
        AcceptInvitationRequest request, ClaimsPrincipal user, InvitationDesk invitations, CancellationToken ct)
    {
        var errors = new FieldErrors();
        if (string.IsNullOrWhiteSpace(request.Token))
            errors.Add("token", "is required");
        if (errors.Problem is { } problem)
            return problem;

        return TypedResults.Ok(await invitations.AcceptAsync(request.Token!, user.UserId(), ct));
    }
}
