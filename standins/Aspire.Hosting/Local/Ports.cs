using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Aspire.Hosting.Local;

/// <summary>Settles every address before anything starts.</summary>
internal static class Ports
{
    // Below the range the kernel takes the near end of outgoing connections from, so that none of those gets in between
    // our choice and the moment the server listens.
    private const int Lowest = 21_000;
    private const int Highest = 32_000;

    private static readonly Lock Gate = new();
    private static readonly HashSet<int> Given = [];

    /// <summary>Throws <see cref="DistributedApplicationException"/> when a port that is asked for is taken.</summary>
    /// <param name="randomize">Any free port for all, as in tests.</param>
    public static void Settle(IEnumerable<ApplicationModel.Resource> resources, bool randomize)
    {
        foreach (var resource in resources)
        {
            foreach (var endpoint in resource.Endpoints)
            {
                if (endpoint.TargetPort is { } own && resource.Replicas == 1)
                {
                    endpoint.AllocatedPort = own;
                }
                else if (endpoint.Port is { } wanted and not 0 && !randomize)
                {
                    if (!IsFree(wanted, out var why))
                        throw new DistributedApplicationException(
                            $"Port {wanted} for '{resource.Name}' {why}: stop what listens there, or change the port in " +
                            "Properties/launchSettings.json of its project.");
                    endpoint.AllocatedPort = wanted;
                }
                else
                {
                    endpoint.AllocatedPort = Any();
                }
            }
        }
    }

    public static int Any()
    {
        lock (Gate)
        {
            while (true)
            {
                var port = RandomNumberGenerator.GetInt32(Lowest, Highest);
                if (IsFree(port, out _) && Given.Add(port)) return port;
            }
        }
    }

    private static bool IsFree(int port, out string? why)
    {
        foreach (var address in (IPAddress[])[IPAddress.Loopback, IPAddress.IPv6Loopback])
        {
            try
            {
                using var listener = new TcpListener(address, port);
                listener.Start();
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.AddressAlreadyInUse)
            {
                why = "is taken";
                return false;
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.AccessDenied)
            {
                why = "is not ours to take";
                return false;
            }
            catch (SocketException)
            {
                // No IPv6 on this machine: nobody listens there.
            }
        }

        why = null;
        return true;
    }
}
