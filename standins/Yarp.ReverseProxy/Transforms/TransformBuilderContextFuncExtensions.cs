using Yarp.ReverseProxy.Transforms.Builder;

namespace Yarp.ReverseProxy.Transforms;

/// <summary>Transforms written as functions.</summary>
public static class TransformBuilderContextFuncExtensions
{
    /// <summary>Adds a function that is called on each request before it is sent.</summary>
    public static TransformBuilderContext AddRequestTransform(
        this TransformBuilderContext context, Func<RequestTransformContext, ValueTask> func)
    {
        context.RequestTransforms.Add(func);
        return context;
    }
}
