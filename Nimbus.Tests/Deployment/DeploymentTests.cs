using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Internal;
using Nimbus.ServiceDefaults;
using Nimbus.Tests.EndToEnd;
using Nimbus.Tests.Hosting;
using Nimbus.Tests.Settings;
using YamlDotNet.RepresentationModel;

namespace Nimbus.Tests.Deployment;

/// <summary>What <c>deploy/</c> gives the services is what they read, and lets them do no more than they need.</summary>
public sealed partial class DeploymentTests
{
    // The user of .NET's images.
    private const string User = "1654";

    private static readonly string[] Secrets = ["Nimbus__Jwt__Secret", "Nimbus__MasterKey", "Nimbus__Gateway__MetricsToken"];
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>Whom each service calls by name.</summary>
    private static readonly Dictionary<string, string[]> Calls = new()
    {
        ["identity"] = [],
        ["ingest"] = ["identity"],
        ["ingest-writer"] = ["identity", "query"],
        ["query"] = ["identity"],
        ["gateway"] = ["identity", "ingest", "query"],
    };

    /// <summary>What has a default that is wrong where others are let in, beside the secrets.</summary>
    private static readonly Dictionary<string, string[]> Needs = new()
    {
        ["identity"] = ["Nimbus__PublicUrl"],
        ["ingest"] = ["Nimbus__PublicUrl"],
        ["ingest-writer"] = [],
        ["query"] = ["Nimbus__Engine__Folder"],
        ["gateway"] = ["Nimbus__PublicUrl", "Nimbus__TrustedProxies__0", "Nimbus__Gateway__RequireHttps"],
    };

    public static TheoryData<string> Services => [.. SettingsReference.Services];

    [Theory]
    [MemberData(nameof(Services))]
    public void Compose_gives_a_service_what_it_reads_and_nothing_else(string service)
    {
        var given = Manifests.Compose.Map("services", service, "environment").ToDictionary(variable => variable.Key, variable => ((YamlScalarNode)variable.Value).Value!);
        AssertIsWhatItReads(service, given.Keys);
        Assert.All(Calls[service], called => Assert.Equal($"http://{called}:8080", given[$"services__{called}__http__0"]));
        Assert.All(Calls[service], called => Assert.Contains(called, Manifests.Compose.Map("services").Keys));
    }

    [Theory]
    [MemberData(nameof(Services))]
    public void Kubernetes_gives_a_service_what_it_reads_and_nothing_else(string service)
    {
        var variables = Container(service).List("env");
        AssertIsWhatItReads(service, variables.Select(variable => variable.Text("name")!));

        var secret = Documents("Secret").Single().Map("stringData");
        var settings = Documents("ConfigMap").Single(map => map.Text("metadata", "name") == "nimbus-settings").Map("data");
        foreach (var variable in variables.Where(variable => variable.At("valueFrom") is not null))
        {
            var name = variable.Text("name")!;
            var isSecret = name.StartsWith("ConnectionStrings__", StringComparison.Ordinal) || Secrets.Contains(name);
            Assert.Equal(name, variable.Text("valueFrom", isSecret ? "secretKeyRef" : "configMapKeyRef", "key"));
            Assert.Contains(name, isSecret ? secret.Keys : settings.Keys);
        }
        Assert.All(Calls[service], called => Assert.Equal($"http://{called}:8080", ((YamlScalarNode)settings[$"services__{called}__http__0"]).Value));
        Assert.Contains(Documents("Service"), each => each.Text("metadata", "name") == service && each.Text("spec", "ports", "0", "port") == "8080");
    }

    [Theory]
    [MemberData(nameof(Services))]
    public void A_service_runs_as_nobody_and_writes_nowhere_but_where_it_must(string service)
    {
        var compose = Manifests.Compose.At("services", service);
        Assert.Equal("true", compose.Text("read_only"));
        Assert.Equal($"{User}:{User}", compose.Text("user"));
        Assert.Equal(["ALL"], compose.Texts("cap_drop"));
        Assert.Equal(["no-new-privileges:true"], compose.Texts("security_opt"));
        Assert.Contains("http://127.0.0.1:8080/readiness", compose.Texts("healthcheck", "test"));
        Assert.Empty(compose.List("ports"));
        Assert.Equal("20m", compose.Text("logging", "options", "max-size"));
        string[] writable = service == "query" ? ["engine:/engine"] : [];
        Assert.Equal(writable, compose.Texts("volumes"));

        var pod = Workload(service).At("spec", "template", "spec");
        var container = Container(service);
        Assert.Equal(("true", User, "RuntimeDefault"), (pod.Text("securityContext", "runAsNonRoot"), pod.Text("securityContext", "runAsUser"), pod.Text("securityContext", "seccompProfile", "type")));
        Assert.Equal("false", pod.Text("automountServiceAccountToken"));
        Assert.Equal(("true", "false"), (container.Text("securityContext", "readOnlyRootFilesystem"), container.Text("securityContext", "allowPrivilegeEscalation")));
        Assert.Equal(["ALL"], container.Texts("securityContext", "capabilities", "drop"));
        Assert.Equal(("/health", "/readiness"), (container.Text("livenessProbe", "httpGet", "path"), container.Text("readinessProbe", "httpGet", "path")));
        Assert.NotNull(container.Text("resources", "limits", "memory"));
        Assert.Equal(service == "query" ? ["/tmp", "/engine"] : ["/tmp"], container.List("volumeMounts").Select(mount => mount.Text("mountPath")!));
        if (service == "query")
        {
            Assert.Equal("/engine", compose.Text("environment", "Nimbus__Engine__Folder"));
            Assert.Equal("/engine", container.List("env").Single(variable => variable.Text("name") == "Nimbus__Engine__Folder").Text("value"));
        }
    }

    [Theory]
    [MemberData(nameof(Services))]
    public void A_service_is_given_the_time_that_it_takes_to_end(string service)
    {
        const string Drain = "Nimbus__Shutdown__Drain";
        var inCompose = Manifests.Compose.Text("services", service, "environment", Drain);
        var inKubernetes = Container(service).List("env").SingleOrDefault(variable => variable.Text("name") == Drain)?.Text("value");

        Assert.True(LongestEnd(inCompose) < TimeSpan.FromSeconds(double.Parse(Manifests.Compose.Text("services", service, "stop_grace_period")!.TrimEnd('s'), CultureInfo.InvariantCulture)));
        Assert.True(LongestEnd(inKubernetes) < TimeSpan.FromSeconds(double.Parse(Workload(service).Text("spec", "template", "spec", "terminationGracePeriodSeconds")!, CultureInfo.InvariantCulture)));
        // The old ones are asked to stop once the new ones are ready.
        if (Workload(service).Text("kind") == "Deployment")
            Assert.Equal("0", Workload(service).Text("spec", "strategy", "rollingUpdate", "maxUnavailable"));

        static TimeSpan LongestEnd(string? drain) => ShutdownOptions.AfterDrain + new ShutdownOptions
        {
            Drain = drain is null ? null : TimeSpan.Parse(drain, CultureInfo.InvariantCulture),
        }.DrainIn(new HostingEnvironment { EnvironmentName = Environments.Production });
    }

    [Fact]
    public void Redis_keeps_what_it_says_it_took_and_PostgreSQL_lets_go_of_what_was_erased()
    {
        string[] durable = ["--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "noeviction"];
        foreach (var command in (IReadOnlyList<string>[])[Manifests.Compose.Texts("services", "redis", "command"), Container("redis").Texts("args")])
            Assert.Contains(string.Join(' ', durable), string.Join(' ', command), StringComparison.Ordinal);
        foreach (var command in (IReadOnlyList<string>[])[Manifests.Compose.Texts("services", "postgres", "command"), Container("postgres").Texts("args")])
            Assert.Contains("wal_recycle=off", command);
        var script = File.ReadAllText(Path.Combine(Manifests.Folder, "compose", "postgres", "databases.sql"));
        foreach (var database in (string[])["identitydb", "eventsdb"])
        {
            Assert.Contains($"CREATE DATABASE {database}", script, StringComparison.Ordinal);
            Assert.Contains($"CREATE DATABASE {database}", Documents("ConfigMap").Single(map => map.Text("metadata", "name") == "postgres-databases").Text("data", "databases.sql"), StringComparison.Ordinal);
        }
        Assert.Equal(["postgres:/var/lib/postgresql", "./postgres:/docker-entrypoint-initdb.d:ro"], Manifests.Compose.Texts("services", "postgres", "volumes"));
        Assert.Equal(["redis:/data"], Manifests.Compose.Texts("services", "redis", "volumes"));
    }

    [Fact]
    public void Plain_http_reaches_the_gateway_which_refuses_it_and_nothing_else_is_open()
    {
        Assert.Equal(["caddy"], Manifests.Compose.Map("services").Where(service => service.Value.List("ports").Count > 0).Select(service => service.Key));
        Assert.Contains("auto_https disable_redirects", File.ReadAllText(Path.Combine(Manifests.Folder, "compose", "Caddyfile")), StringComparison.Ordinal);
        Assert.Equal("true", Manifests.Compose.Text("services", "gateway", "environment", "Nimbus__Gateway__RequireHttps"));
        Assert.Equal("true", Container("gateway").List("env").Single(variable => variable.Text("name") == "Nimbus__Gateway__RequireHttps").Text("value"));
        var ingress = Documents("Ingress").Single();
        Assert.Equal("false", ingress.Text("metadata", "annotations", "nginx.ingress.kubernetes.io/ssl-redirect"));
        Assert.Equal("gateway", ingress.Text("spec", "rules", "0", "http", "paths", "0", "backend", "service", "name"));
        Assert.Equal([ingress.Text("spec", "rules", "0", "host")!], ingress.Texts("spec", "tls", "0", "hosts"));
        Assert.DoesNotContain(Documents("Service"), service => service.Text("spec", "type") is "LoadBalancer" or "NodePort");
    }

    [Fact]
    public void Every_variable_of_compose_is_in_the_example_without_a_value_where_it_is_a_secret()
    {
        var used = Variable().Matches(File.ReadAllText(Path.Combine(Manifests.Folder, "compose", "compose.yaml"))).Select(variable => variable.Groups[1].Value).Distinct();
        var example = File.ReadAllLines(Path.Combine(Manifests.Folder, "compose", "env.example")).Where(line => line.Length > 0 && line[0] != '#')
            .Select(line => line.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);
        Assert.Equal(used.Order(StringComparer.Ordinal), example.Keys.Order(StringComparer.Ordinal));
        Assert.All(["POSTGRES_PASSWORD", "REDIS_PASSWORD", "JWT_SECRET", "METRICS_TOKEN", "MASTER_KEY"], secret => Assert.Equal("", example[secret]));
        Assert.All(Documents("Secret").Single().Map("stringData").Values.OfType<YamlScalarNode>(), secret => Assert.Matches("^(|.*Password=;.*|.*password=)$", secret.Value));
    }

    [Fact]
    public void Images_are_those_that_the_projects_make_of_this_version()
    {
        var version = XDocument.Load(Path.Combine(TestData.RepositoryRoot, "Directory.Build.props")).Descendants("VersionPrefix").Single().Value;
        var made = Directory.GetFiles(TestData.RepositoryRoot, "Nimbus.*.csproj", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 1 })
            .Select(project => XDocument.Load(project).Descendants("ContainerRepository").SingleOrDefault()?.Value).OfType<string>().Order(StringComparer.Ordinal).ToList();
        Assert.Equal(["nimbus/cli", "nimbus/gateway", "nimbus/identity", "nimbus/ingest", "nimbus/query"], made);

        var kustomization = Documents("Kustomization").Single();
        Assert.Equal(made.Skip(1), kustomization.List("images").Select(image => image.Text("name")!).Order(StringComparer.Ordinal));
        Assert.All(kustomization.List("images"), image => Assert.Equal(version, image.Text("newTag")));
        Assert.Equal(
            Manifests.Kubernetes.Select(file => Path.GetFileName(file)).Except(["kustomization.yaml", "secret.example.yaml"]).Order(StringComparer.Ordinal),
            kustomization.Texts("resources").Order(StringComparer.Ordinal));
        foreach (var service in SettingsReference.Services)
        {
            var image = service == "ingest-writer" ? "nimbus/ingest" : $"nimbus/{service}";
            Assert.Equal($"${{REGISTRY:-localhost}}/{image}:${{NIMBUS_VERSION:-{version}}}", Manifests.Compose.Text("services", service, "image"));
            Assert.Equal(image, Container(service).Text("image"));
            Assert.Equal(service == "ingest-writer" ? ["--role", "writer"] : [], Container(service).Texts("args"));
            Assert.Equal(service == "ingest-writer" ? ["--role", "writer"] : [], Manifests.Compose.Texts("services", service, "command"));
        }
    }

    [SkippableFact]
    public async Task The_manifests_fit_the_schemas_of_Kubernetes()
    {
        var folder = Path.Combine(TestData.RepositoryRoot, "Nimbus.Tests", "Deployment");
        if (!File.Exists(Path.Combine(folder, "node_modules", "kubernetes-models", "package.json")))
        {
            var (installed, reason) = await RunAsync("npm", folder, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1");
            Skip.IfNot(installed == 0, $"npm ci in {folder} does not work here, so the schemas cannot be had: {reason}");
        }
        var (fit, said) = await RunAsync("node", folder, ["validate.mjs", .. Manifests.Kubernetes]);
        Assert.True(fit == 0, said);
        Assert.Equal(Manifests.Kubernetes.SelectMany(Manifests.Read).Count() - 1, said.Split('\n').Count(line => line.StartsWith("ok ", StringComparison.Ordinal)));

        using var scratch = new TemporaryFolder();
        var broken = Path.Combine(scratch.Path, "broken.yaml");
        await File.WriteAllTextAsync(broken, (await File.ReadAllTextAsync(Manifests.Kubernetes.Single(file => file.EndsWith("identity.yaml", StringComparison.Ordinal)))).Replace("replicas: 2", "replicas: two", StringComparison.Ordinal));
        Assert.Equal(1, (await RunAsync("node", folder, "validate.mjs", broken)).ExitCode);
    }

    private static void AssertIsWhatItReads(string service, IEnumerable<string> given)
    {
        var names = given.ToList();
        var known = SettingsReference.ReadBy(service).Select(setting => setting.Variable).ToHashSet();
        var connections = SettingsReference.ConnectionsOf(service).ToList();
        Assert.DoesNotContain(names, name => name.StartsWith("Nimbus__", StringComparison.Ordinal) && !known.Contains(ListItem().Replace(name, "__0")));
        Assert.Equal(
            connections.Where(connection => connection.IsRequired || connection.Name == "redis").Select(connection => $"ConnectionStrings__{connection.Name}").Order(StringComparer.Ordinal),
            names.Where(name => name.StartsWith("ConnectionStrings__", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        Assert.Equal(Calls[service].Select(called => $"services__{called}__http__0"), names.Where(name => name.StartsWith("services__", StringComparison.Ordinal)));
        Assert.Empty(Secrets.Where(known.Contains).Concat(Needs[service]).Except(names));
        Assert.All(names, name => Assert.Matches("^(Nimbus|ConnectionStrings|services)__", name));
    }

    private static YamlMappingNode Workload(string name) => Manifests.Kubernetes.SelectMany(Manifests.Read)
        .Single(each => each.Text("kind") is "Deployment" or "StatefulSet" && each.Text("metadata", "name") == name);

    private static YamlNode Container(string name) => Workload(name).At("spec", "template", "spec", "containers", "0")!;

    private static IEnumerable<YamlMappingNode> Documents(string kind) => Manifests.Kubernetes.SelectMany(Manifests.Read).Where(each => each.Text("kind") == kind);

    private static async Task<(int ExitCode, string Said)> RunAsync(string command, string folder, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(command, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true })!;
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            try
            {
                await process.WaitForExitAsync().WaitAsync(Patience);
            }
            catch (TimeoutException)
            {
                process.Kill(entireProcessTree: true);
                return (-1, $"{command} took longer than {Patience.TotalMinutes} minutes");
            }
            return (process.ExitCode, await output + await errors);
        }
        catch (System.ComponentModel.Win32Exception missing)
        {
            return (-1, missing.Message);
        }
    }

    [GeneratedRegex(@"__\d+$")]
    private static partial Regex ListItem();

    [GeneratedRegex(@"\$\{(\w+)")]
    private static partial Regex Variable();
}
