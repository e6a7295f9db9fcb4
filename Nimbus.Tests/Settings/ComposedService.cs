using System.Diagnostics;
using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Nimbus.ServiceDefaults;
using Nimbus.Tests.ServiceDefaults;

namespace Nimbus.Tests.Settings;

/// <summary>
/// What a service's Program.cs puts together, without anything of it running: its entry point is called, and stopped where the
/// host has been built.
/// </summary>
internal static class ComposedService
{
    private static readonly AsyncLocal<Action<IHost>?> Current = new();

    static ComposedService() => DiagnosticListener.AllListeners.Subscribe(new Observer<DiagnosticListener>(listener =>
    {
        if (listener.Name == "Microsoft.Extensions.Hosting")
            listener.Subscribe(new Observer<KeyValuePair<string, object?>>(said =>
            {
                if (said is { Key: "HostBuilt", Value: IHost host })
                    Current.Value?.Invoke(host);
            }));
    }));

    /// <summary>All instances of some types that the program has registered.</summary>
    public static IReadOnlyList<object> Registered(Assembly program, string[] args, params Type[] types)
    {
        List<object> found = [];
        Run(program, args, host =>
        {
            found.AddRange(types.SelectMany(type => host.Services.GetServices(type)).OfType<object>());
            throw new HostAbortedException();
        });
        return found;
    }

    /// <summary>What the program logs until its settings are refused, as they have to be.</summary>
    public static LogLines LoggedBeforeRefusal(Assembly program, string[] args)
    {
        var log = new LogLines();
        var end = Run(program, args, host => host.Services.GetRequiredService<ILoggerFactory>().AddProvider(log.Provider()));
        Assert.IsType<StartupException>(end);
        return log;
    }

    private static Exception? Run(Assembly program, string[] args, Action<IHost> built)
    {
        IHost? host = null;
        Current.Value = made => built(host = made);
        try
        {
            program.EntryPoint!.Invoke(null, [args]);
            return null;
        }
        catch (TargetInvocationException end)
        {
            return end.InnerException;
        }
        finally
        {
            Current.Value = null;
            host?.Dispose();
        }
    }

    private sealed class Observer<T>(Action<T> next) : IObserver<T>
    {
        public void OnNext(T value) => next(value);

        public void OnCompleted()
        {
        }

        public void OnError(Exception error)
        {
        }
    }
}
