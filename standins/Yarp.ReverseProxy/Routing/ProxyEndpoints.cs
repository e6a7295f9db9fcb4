using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Cors;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Primitives;
using Yarp.ReverseProxy.Clusters;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarding;
using Yarp.ReverseProxy.LoadBalancing;
using Yarp.ReverseProxy.Model;
using Yarp.ReverseProxy.Transforms.Builder;

namespace Yarp.ReverseProxy.Routing;

/// <summary>The configured routes as endpoints, made again when configuration or addresses change.</summary>
internal sealed partial class ProxyEndpoints : EndpointDataSource, IDisposable
{
    private readonly ProxyConfiguration _configuration;
    private readonly IDestinationResolver? _resolver;
    private readonly ClusterConnections _connections;
    private readonly Forwarding.Forwarder _forwarder;
    private readonly HealthProbes _probes;
    private readonly Dictionary<string, ILoadBalancingPolicy> _policies;
    private readonly ILogger<ProxyEndpoints> _logger;
    private readonly List<Action<EndpointBuilder>> _conventions = [];
    private readonly List<IDisposable> _subscriptions = [];
    private readonly Lock _lock = new();
    private CancellationTokenSource _changed = new();
    private ProxySettings _settings;
    private IReadOnlyList<Endpoint>? _endpoints;

    public ProxyEndpoints(
        ProxyConfiguration configuration, ClusterConnections connections, Forwarding.Forwarder forwarder, HealthProbes probes,
        IEnumerable<ILoadBalancingPolicy> policies, ILogger<ProxyEndpoints> logger, IDestinationResolver? resolver = null)
    {
        (_configuration, _connections, _forwarder, _probes) = (configuration, connections, forwarder, probes);
        (_logger, _resolver) = (logger, resolver);
        _policies = policies.ToDictionary(policy => policy.Name, StringComparer.OrdinalIgnoreCase);
        // A mistake in the configuration shows when the application starts, not at the first request.
        _settings = Read();
        Conventions = new ReverseProxyConventionBuilder(_conventions);
        _subscriptions.Add(ChangeToken.OnChange(configuration.Section.GetReloadToken, Reload));
        _subscriptions.Add(ChangeToken.OnChange(() => _resolver?.Changed ?? NullChangeToken.Singleton, Reload));
    }

    public ReverseProxyConventionBuilder Conventions { get; }

    public override IReadOnlyList<Endpoint> Endpoints
    {
        get
        {
            lock (_lock)
                return _endpoints ??= Build();
        }
    }

    public override IChangeToken GetChangeToken()
    {
        lock (_lock)
            return new CancellationChangeToken(_changed.Token);
    }

    public void Dispose() => _subscriptions.ForEach(subscription => subscription.Dispose());

    private void Reload()
    {
        CancellationTokenSource changed;
        try
        {
            lock (_lock)
            {
                _settings = Read();
                _endpoints = Build();
                (changed, _changed) = (_changed, new CancellationTokenSource());
            }
        }
        catch (Exception failure)
            when (failure is ArgumentException or FormatException or NotSupportedException or KeyNotFoundException)
        {
            LogNotReloaded(failure);
            return;
        }
        changed.Cancel();
    }

    private ProxySettings Read()
    {
        var settings = ProxySettingsReader.Read(_configuration.Section);
        if (settings.Clusters.FirstOrDefault(cluster => !_policies.ContainsKey(cluster.LoadBalancingPolicy)) is { } unknown)
            throw new ArgumentException($"No load balancing policy '{unknown.LoadBalancingPolicy}' for the cluster '{unknown.ClusterId}'.");
        return settings;
    }

    private List<Endpoint> Build()
    {
        var clusters = _settings.Clusters.ToDictionary(c => c.ClusterId, MakeCluster, StringComparer.OrdinalIgnoreCase);
        _probes.Watch(clusters.Values);
        return _settings.Routes
            .Select(route => MakeEndpoint(route, clusters.GetValueOrDefault(route.ClusterId ?? "")))
            .ToList();
    }

    private Cluster MakeCluster(ClusterSettings settings) => new(
        settings,
        _policies[settings.LoadBalancingPolicy],
        settings.Destinations
            .SelectMany(named => _resolver?.Resolve(named.Value).Select(address => new DestinationState($"{named.Key}[{address}]", address))
                ?? [new DestinationState(named.Key, named.Value)])
            .ToList(),
        _connections.For(settings.ClusterId));

    private Endpoint MakeEndpoint(RouteSettings route, Cluster? cluster)
    {
        var transforms = new TransformBuilderContext();
        foreach (var add in _configuration.Transforms)
            add(transforms);

        var endpoint = new RouteEndpointBuilder(
            context => _forwarder.ForwardAsync(context, cluster, transforms.RequestTransforms),
            RoutePatternFactory.Parse(route.Path ?? "/{**catchall}"),
            route.Order)
        {
            DisplayName = route.RouteId,
        };
        if (route.Hosts is not [])
            endpoint.Metadata.Add(new HostAttribute([.. route.Hosts]));
        if (route.CorsPolicy is { } cors)
            endpoint.Metadata.Add(new EnableCorsAttribute(cors));
        if (route.Methods is not [])
            endpoint.Metadata.Add(new HttpMethodMetadata(route.Methods, acceptCorsPreflight: route.CorsPolicy is not null));
        foreach (var convention in _conventions)
            convention(endpoint);
        return endpoint.Build();
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The changed routes have a mistake; those before stay")]
    private partial void LogNotReloaded(Exception failure);
}
