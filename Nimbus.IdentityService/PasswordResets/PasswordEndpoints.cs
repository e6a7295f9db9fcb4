using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Nimbus.IdentityService.Mail;
using Nimbus.IdentityService.Requests;
using Nimbus.IdentityService.Users;
using Nimbus.ServiceDefaults;

namespace Nimbus.IdentityService.PasswordResets;

internal static class PasswordEndpoints
{
    public static void MapPasswords(this IEndpointRouteBuilder routes)
    {
        var auth = routes.MapGroup("/v1/auth").WithTags("Accounts").ProducesProblem(400);
        auth.MapPost("/password", Change).RequireAuthorization(Policies.User).RequireSession()
            .WithSummary("Change the password; other sessions end").ProducesProblem(401).ProducesProblem(403);
        auth.MapPost("/password-reset", Request).AllowAnonymous()
            .WithSummary("Have a link mailed that sets a new password").ProducesProblem(409);
        auth.MapPost("/password-reset/confirm", Confirm).AllowAnonymous()
            .WithSummary("Set a new password by a link; all sessions and personal tokens end");
        auth.MapDelete("/me", DeleteAccount).RequireAuthorization(Policies.User).RequireSession()
            .WithSummary("Delete the account").ProducesProblem(401).ProducesProblem(403).ProducesProblem(409).ProducesProblem(503);
        routes.MapPost("/v1/admin/password-resets", MakeLink).WithTags("Installation").RequireAuthorization(Policies.User)
            .RequireScope(TokenScopes.Admin).WithSummary("A link that sets a new password, for an administrator to hand on")
            .ProducesProblem(400).ProducesProblem(401).ProducesProblem(403).ProducesProblem(404);
    }

    internal static async Task<Results<NoContent, ProblemHttpResult>> Change(
        ChangePasswordRequest request, ClaimsPrincipal user, PasswordDesk passwords, CancellationToken ct)
    {
        var errors = new FieldErrors();
        if (string.IsNullOrEmpty(request.CurrentPassword) || request.CurrentPassword.Length > Users.Passwords.MaxLength)
            errors.Add("current_password", "is required");
        var next = Users.Passwords.Read(errors, "new_password", request.NewPassword);
        if (errors.Problem is { } problem)
            return problem;

        await passwords.ChangeAsync(user.UserId(), user.SessionId(), request.CurrentPassword!, next, ct);
        return TypedResults.NoContent();
    }

    internal static Results<Accepted, ProblemHttpResult> Request(RequestResetRequest request, OutgoingMail mail)
    {
        if (!mail.IsOpen)
            return Problem.Of(409, "mail_not_configured", "This installation sends no mail: ask its administrator for a link.");
        var errors = new FieldErrors();
        var email = errors.RequiredLine("email", request.Email, EmailAddress.MaxLength);
        if (errors.Problem is { } problem)
            return problem;

        // Found and written behind the answer, which is the same, and as fast, for an address without an account.
        mail.Enqueue((services, ct) => services.GetRequiredService<PasswordDesk>().WriteMailAsync(email, ct));
        return TypedResults.Accepted((string?)null);
    }

    internal static async Task<Results<NoContent, ProblemHttpResult>> Confirm(
        ConfirmResetRequest request, PasswordDesk passwords, CancellationToken ct)
    {
        var errors = new FieldErrors();
        if (string.IsNullOrWhiteSpace(request.Token))
            errors.Add("token", "is required");
        var password = Users.Passwords.Read(errors, "password", request.Password);
        if (errors.Problem is { } problem)
            return problem;

        await passwords.ResetAsync(request.Token!, password, ct);
        return TypedResults.NoContent();
    }

    internal static async Task<Results<Created<ResetLink>, ProblemHttpResult>> MakeLink(
        RequestResetRequest request, ClaimsPrincipal user, Administrators administrators, PasswordDesk passwords, CancellationToken ct)
    {
        await administrators.RequireAsync(user.UserId(), ct);
        var errors = new FieldErrors();
        var email = errors.RequiredLine("email", request.Email, EmailAddress.MaxLength);
        if (errors.Problem is { } problem)
            return problem;

        return TypedResults.Created((string?)null, await passwords.MakeLinkAsync(email, user.UserId(), ct));
    }

    internal static async Task<Results<NoContent, ProblemHttpResult>> DeleteAccount(
        ClaimsPrincipal user, PasswordDesk passwords, AccountDeletion deletion, CancellationToken ct,
        [FromBody(EmptyBodyBehavior = Microsoft.AspNetCore.Mvc.ModelBinding.EmptyBodyBehavior.Allow)] DeleteAccountRequest? request = null)
    {
        await passwords.RequirePasswordAsync(user.UserId(), request?.Password, ct);
        await deletion.DeleteAsync(user.UserId(), ct);
        return TypedResults.NoContent();
    }
}
