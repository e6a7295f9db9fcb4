namespace Yarp.ReverseProxy.Transforms.Builder;

/// <summary>The transforms of one route, being collected.</summary>
public class TransformBuilderContext
{
    internal List<Func<RequestTransformContext, ValueTask>> RequestTransforms { get; } = [];
}
