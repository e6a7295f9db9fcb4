using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Nimbus.Tests.Hosting.StandIns;

/// <summary>A stand-in offers what Nimbus uses of the real package, and nothing besides.</summary>
public sealed class SurfaceTests
{
    private static readonly string StandIns = Path.GetFullPath("../standins", Projects.Nimbus_AppHost.ProjectPath);

    [Fact]
    public void Every_public_type_of_a_stand_in_is_used()
    {
        var standIns = Directory.GetFiles(StandIns, "*.csproj", SearchOption.AllDirectories)
            .Select(p => Assembly.Load(Path.GetFileNameWithoutExtension(p))).ToList();
        Assert.NotEmpty(standIns);
        var users = Directory.GetFiles(AppContext.BaseDirectory, "*.dll")
            .Where(f => Path.GetFileName(f).StartsWith("nimbus", StringComparison.OrdinalIgnoreCase))
            .Concat(standIns.Select(a => a.Location));
        var named = users.SelectMany(TypesNamedIn).ToHashSet();
        var offered = standIns.SelectMany(a => a.GetExportedTypes()).ToHashSet();

        // What is named is used, and so is what a used type shows of itself: its bases, and the types of its members.
        var used = new HashSet<Type>();
        var open = new Queue<Type>(offered.Where(t => named.Contains((t.Assembly.GetName().Name!, t.FullName!))));
        while (open.TryDequeue(out var type))
        {
            if (!offered.Contains(type) || !used.Add(type)) continue;
            foreach (var shown in Shown(type).SelectMany(Parts)) open.Enqueue(shown);
        }

        Assert.Equal([], offered.Except(used).Select(t => $"{t.Assembly.GetName().Name}: {t.FullName}").Order());
    }

    private static IEnumerable<(string Assembly, string Type)> TypesNamedIn(string file)
    {
        using var pe = new PEReader(File.OpenRead(file));
        var metadata = pe.GetMetadataReader();
        foreach (var handle in metadata.TypeReferences)
        {
            var type = metadata.GetTypeReference(handle);
            if (type.ResolutionScope.Kind != HandleKind.AssemblyReference) continue;
            var assembly = metadata.GetAssemblyReference((AssemblyReferenceHandle)type.ResolutionScope);
            var space = metadata.GetString(type.Namespace);
            yield return (metadata.GetString(assembly.Name), $"{space}.{metadata.GetString(type.Name)}");
        }
    }

    private static IEnumerable<Type?> Shown(Type type)
    {
        const BindingFlags All = BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        yield return type.BaseType;
        yield return type.DeclaringType;
        foreach (var i in type.GetInterfaces()) yield return i;
        foreach (var c in type.GetGenericArguments().SelectMany(Constraints)) yield return c;
        foreach (var f in type.GetFields(All)) yield return f.FieldType;
        foreach (var p in type.GetProperties(All)) yield return p.PropertyType;
        foreach (var p in type.GetConstructors(All).SelectMany(c => c.GetParameters())) yield return p.ParameterType;
        foreach (var m in type.GetMethods(All))
        {
            yield return m.ReturnType;
            foreach (var p in m.GetParameters()) yield return p.ParameterType;
            foreach (var c in m.GetGenericArguments().SelectMany(Constraints)) yield return c;
        }
    }

    private static Type[] Constraints(Type argument) =>
        argument.IsGenericParameter ? argument.GetGenericParameterConstraints() : [];

    private static IEnumerable<Type> Parts(Type? type)
    {
        if (type is null) return [];
        if (type.HasElementType) return Parts(type.GetElementType());
        return type.IsGenericType ? [type.GetGenericTypeDefinition(), .. type.GetGenericArguments().SelectMany(Parts)] : [type];
    }
}
