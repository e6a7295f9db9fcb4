using System.Net;
using System.Net.Mail;
using System.Threading.Channels;
using Microsoft.Extensions.Options;
using Nimbus.IdentityService.Storage;

namespace Nimbus.IdentityService.Mail;

/// <summary>
/// Mail to be found out about, written and sent behind the answer. Kept in memory: a mail that is lost with the process, or
/// that the server refuses, is asked for again by the one who waits for it.
/// </summary>
public sealed partial class OutgoingMail(
    IServiceScopeFactory scopes, IOptions<MailOptions> options, MigrationState migrations, ILogger<OutgoingMail> log) : BackgroundService
{
    // Past it, further mails are dropped: a flood fills neither memory nor mailboxes.
    private const int MaxWaiting = 1000;

    private readonly Channel<Func<IServiceProvider, CancellationToken, Task<MailMessage?>>> waiting =
        Channel.CreateBounded<Func<IServiceProvider, CancellationToken, Task<MailMessage?>>>(
            new BoundedChannelOptions(MaxWaiting) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>Whether there is a server to send by.</summary>
    public bool IsOpen => !string.IsNullOrEmpty(options.Value.Host);

    /// <param name="write">Makes the mail, or null for none; runs in a scope of its own.</param>
    public void Enqueue(Func<IServiceProvider, CancellationToken, Task<MailMessage?>> write) => waiting.Writer.TryWrite(write);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await migrations.Done.WaitAsync(stoppingToken);
        await foreach (var write in waiting.Reader.ReadAllAsync(stoppingToken))
        {
            try
            {
                await using var scope = scopes.CreateAsyncScope();
                if (await write(scope.ServiceProvider, stoppingToken) is { } mail)
                    await SendAsync(mail, stoppingToken);
            }
            catch (Exception failure) when (!stoppingToken.IsCancellationRequested)
            {
                LogNotSent(failure.GetType().Name);
            }
        }
    }

    private async Task SendAsync(MailMessage mail, CancellationToken ct)
    {
        var server = options.Value;
        using var smtp = new SmtpClient(server.Host, server.Port) { EnableSsl = server.Tls };
        if (server.Username is { } username)
            smtp.Credentials = new NetworkCredential(username, server.Password);
        using var message = new System.Net.Mail.MailMessage(server.From, mail.To, mail.Subject, mail.Text);
        await smtp.SendMailAsync(message, ct);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "A mail was not sent ({Failure}): check Nimbus:Mail")]
    private partial void LogNotSent(string failure);
}
