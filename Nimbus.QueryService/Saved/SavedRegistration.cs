namespace Nimbus.QueryService.Saved;

/// <summary>What people save about a project.</summary>
public static class SavedRegistration
{
    public static IServiceCollection AddSaved(this IServiceCollection services)
    {
        services.AddOptions<SavedOptions>().BindConfiguration("Nimbus:Saved").ValidateDataAnnotations().ValidateOnStart();
        return services.AddSingleton<SavedDatabase>().AddSingleton<SavedTable>();
    }
}
