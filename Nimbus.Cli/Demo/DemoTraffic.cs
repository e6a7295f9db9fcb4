using Nimbus.Cli.Samples;
using Nimbus.Client;

namespace Nimbus.Cli.Demo;

/// <summary>
/// Visits of an invented shop, played as they happen: visitors are anonymous until they sign up or log in, and from
/// then on both ids are sent, which joins what they did before to their account.
/// </summary>
internal sealed class DemoTraffic(NimbusTracker tracker, int eventsPerSecond, TimeProvider clock)
{
    // At 5 events a second each visitor does something about every three seconds.
    private const int VisitorsAtATime = 15;
    private const int ReturningPercent = 40;
    private const int MostRegulars = 2000;

    private readonly SampleRandom _random = new((ulong)Random.Shared.NextInt64());
    private readonly List<Customer> _regulars = [];

    /// <summary>Plays until stopped; what waits to be sent is the tracker's to finish.</summary>
    public async Task PlayAsync(CancellationToken ct)
    {
        var visits = Enumerable.Range(0, VisitorsAtATime).Select(_ => NewVisit()).ToArray();
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1.0 / eventsPerSecond), clock);
        try
        {
            while (await timer.WaitForNextTickAsync(ct))
            {
                var place = _random.Below(visits.Length);
                while (!visits[place].Steps.MoveNext())
                    visits[place] = NewVisit();
                var visit = visits[place];
                await tracker.CaptureAsync(Event(visit.Customer, visit.Steps.Current), ct);
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped, as every demo is.
        }
    }

    private static NimbusEvent Event(Customer customer, VisitStep step) => new(step.Name)
    {
        AnonymousId = customer.AnonymousId,
        UserId = customer.Shopper.HasAccount ? customer.UserId : null,
        PropertiesJson = step.PropertiesJson,
    };

    private (Customer Customer, IEnumerator<VisitStep> Steps) NewVisit()
    {
        var customer = _regulars.Count > 0 && _random.Chance(ReturningPercent) ? _random.Pick(_regulars) : NewCustomer();
        return (customer, ShopVisit.Play(customer.Shopper, _random).GetEnumerator());
    }

    private Customer NewCustomer()
    {
        var customer = new Customer(Guid.CreateVersion7().ToString(), $"customer-{Guid.CreateVersion7():N}", Shopper.New(_random));
        if (_regulars.Count < MostRegulars)
            _regulars.Add(customer);
        else
            _regulars[_random.Below(MostRegulars)] = customer;
        return customer;
    }

    private sealed record Customer(string AnonymousId, string UserId, Shopper Shopper);
}
