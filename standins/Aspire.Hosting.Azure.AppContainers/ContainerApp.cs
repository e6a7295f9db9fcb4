namespace Azure.Provisioning
{
    /// <summary>A value, or where it comes from.</summary>
    public class BicepValue<T>(T literal)
    {
        /// <summary>The value itself.</summary>
        public T? Value { get; } = literal;

        /// <summary>A value stands for itself.</summary>
        public static implicit operator BicepValue<T>(T value) => new(value);
    }

    /// <summary>Values in their order.</summary>
    public class BicepList<T>
    {
        private readonly List<BicepValue<T>> items = [];

        /// <summary>The value at a place.</summary>
        public BicepValue<T> this[int index] => items[index];

        /// <summary>Adds one behind the others.</summary>
        public void Add(BicepValue<T> item) => items.Add(item);
    }

    /// <summary>Values by name.</summary>
#pragma warning disable CA1711 // The real one's name.
    public class BicepDictionary<T>
#pragma warning restore CA1711
    {
        private readonly Dictionary<string, BicepValue<T>> items = [];

        /// <summary>The value of a name.</summary>
        public BicepValue<T> this[string key]
        {
            get => items[key];
            set => items[key] = value;
        }
    }
}

namespace Azure.Provisioning.AppContainers
{
    /// <summary>A container app.</summary>
    public class ContainerApp
    {
        /// <summary>What does not change with a revision.</summary>
        public ContainerAppConfiguration Configuration { get; } = new();

        /// <summary>What a revision is.</summary>
        public ContainerAppTemplate Template { get; } = new();
    }

    /// <summary>What does not change with a revision.</summary>
    public class ContainerAppConfiguration
    {
        /// <summary>How it is reached.</summary>
        public ContainerAppIngressConfiguration Ingress { get; } = new();
    }

    /// <summary>How an app is reached.</summary>
    public class ContainerAppIngressConfiguration
    {
        /// <summary>Whether plain HTTP comes through rather than be redirected.</summary>
        public BicepValue<bool> AllowInsecure { get; set; } = false;
    }

    /// <summary>What a revision is.</summary>
    public class ContainerAppTemplate
    {
        /// <summary>The containers of a replica.</summary>
        public BicepList<ContainerAppContainer> Containers { get; } = new();

        /// <summary>How many replicas.</summary>
        public ContainerAppScale Scale { get; } = new();
    }

    /// <summary>One container.</summary>
    public class ContainerAppContainer
    {
        /// <summary>What it is asked about itself.</summary>
        public BicepList<ContainerAppProbe> Probes { get; } = new();
    }

    /// <summary>What a container is asked about itself.</summary>
    public class ContainerAppProbe
    {
        /// <summary>What an answer means.</summary>
        public BicepValue<ContainerAppProbeType> ProbeType { get; set; } = default(ContainerAppProbeType);

        /// <summary>The request.</summary>
        public ContainerAppHttpRequestInfo HttpGet { get; set; } = new();

        /// <summary>Seconds between two.</summary>
        public BicepValue<int> PeriodSeconds { get; set; } = 0;

        /// <summary>How many failures in a row count.</summary>
        public BicepValue<int> FailureThreshold { get; set; } = 0;

        /// <summary>Seconds an answer may take.</summary>
        public BicepValue<int> TimeoutSeconds { get; set; } = 0;
    }

    /// <summary>What the answer to a probe means.</summary>
    public enum ContainerAppProbeType
    {
        /// <summary>Whether it is to be started again.</summary>
        Liveness,

        /// <summary>Whether it takes requests.</summary>
        Readiness,
    }

    /// <summary>A probe's request.</summary>
    public class ContainerAppHttpRequestInfo
    {
        /// <summary>The path.</summary>
        public BicepValue<string> Path { get; set; } = "";

        /// <summary>The container's port.</summary>
        public BicepValue<int> Port { get; set; } = 0;
    }

    /// <summary>How many replicas.</summary>
    public class ContainerAppScale
    {
        /// <summary>The fewest.</summary>
        public BicepValue<int> MinReplicas { get; set; } = 0;

        /// <summary>The most.</summary>
        public BicepValue<int> MaxReplicas { get; set; } = 0;

        /// <summary>What makes them more.</summary>
        public BicepList<ContainerAppScaleRule> Rules { get; } = new();
    }

    /// <summary>What makes replicas more.</summary>
    public class ContainerAppScaleRule
    {
        /// <summary>Its name.</summary>
        public BicepValue<string> Name { get; set; } = "";

        /// <summary>By requests at once.</summary>
        public ContainerAppHttpScaleRule Http { get; set; } = new();
    }

    /// <summary>More replicas by requests at once.</summary>
    public class ContainerAppHttpScaleRule
    {
        /// <summary><c>concurrentRequests</c>: how many one replica has.</summary>
        public BicepDictionary<string> Metadata { get; } = new();
    }
}
