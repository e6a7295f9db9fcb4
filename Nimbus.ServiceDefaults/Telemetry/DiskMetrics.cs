using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;

namespace Nimbus.ServiceDefaults;

/// <summary>Measures the disk below a folder that a service fills.</summary>
public static class DiskMetrics
{
    /// <summary><c>nimbus_disk_free_bytes</c> and <c>nimbus_disk_size_bytes</c> of it, under its name here as label.</summary>
    public static IServiceCollection WatchDisk(this IServiceCollection services, string name, Func<IServiceProvider, string> folder) =>
        services.AddSingleton(provider => new Disk(provider.GetRequiredService<IMeterFactory>(), name, folder(provider)))
            .CountFromZero<Disk>(_ => { });

    private sealed class Disk
    {
        private readonly string _folder;
        private readonly KeyValuePair<string, object?> _label;

        public Disk(IMeterFactory meters, string name, string folder)
        {
            _folder = folder;
            _label = new("folder", name);
            var meter = meters.Create("Nimbus.Disk");
            meter.CreateObservableGauge("nimbus.disk.free", () => Measure(drive => drive.AvailableFreeSpace), "By", "What may still be written to the disk below a folder.");
            meter.CreateObservableGauge("nimbus.disk.size", () => Measure(drive => drive.TotalSize), "By", "The size of the disk below a folder.");
        }

        private Measurement<long>[] Measure(Func<DriveInfo, long> figure)
        {
            try
            {
                return [new(figure(new DriveInfo(_folder)), _label)];
            }
            catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
            {
                // No claim about what cannot be seen.
                return [];
            }
        }
    }
}
