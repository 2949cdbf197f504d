using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;

// What the package uses of UnityEngine, as small as it can be and as true as tests need it: transforms turn and move each
// other, objects are alive until they are destroyed, components get their messages. Nothing is drawn.
namespace UnityEngine
{
    public class Object
    {
        /// <summary>Objects that have not been destroyed.</summary>
        public static readonly HashSet<Object> Alive = new HashSet<Object>();

        public string name = "";

        public Object()
        {
            Engine.InMainThread();
            Alive.Add(this);
        }

        public static void Destroy(Object target)
        {
            Engine.InMainThread();
            if (target is GameObject gone)
                gone.Die();
            Alive.Remove(target);
        }

        public static void DestroyImmediate(Object target)
        {
            Destroy(target);
        }

        public static bool operator ==(Object one, Object other)
        {
            bool none = ReferenceEquals(one, null) || !Alive.Contains(one);
            return none ? ReferenceEquals(other, null) || !Alive.Contains(other) : ReferenceEquals(one, other);
        }

        public static bool operator !=(Object one, Object other)
        {
            return !(one == other);
        }

        public override bool Equals(object other)
        {
            return ReferenceEquals(this, other);
        }

        public override int GetHashCode()
        {
            return System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);
        }
    }

    /// <summary>What calls components, frame by frame.</summary>
    public static class Engine
    {
        static readonly int MainThread = System.Threading.Thread.CurrentThread.ManagedThreadId;
        static readonly HashSet<MonoBehaviour> Started = new HashSet<MonoBehaviour>();

        public static void InMainThread()
        {
            if (System.Threading.Thread.CurrentThread.ManagedThreadId != MainThread)
                throw new InvalidOperationException("Unity's objects belong to the main thread");
        }

        public static void Frame()
        {
            foreach (MonoBehaviour behaviour in Object.Alive.OfType<MonoBehaviour>().ToArray())
            {
                if (!Object.Alive.Contains(behaviour))
                    continue;
                if (Started.Add(behaviour))
                    Send(behaviour, "Start");
                Send(behaviour, "Update");
            }
        }

        public static void Send(Object target, string message)
        {
            for (Type kind = target.GetType(); kind != null; kind = kind.BaseType)
            {
                MethodInfo method = kind.GetMethod(message,
                    BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public | BindingFlags.DeclaredOnly, null, Type.EmptyTypes, null);
                if (method == null)
                    continue;
                method.Invoke(target, null);
                return;
            }
        }
    }

    public class Component : Object
    {
        public GameObject gameObject;

        public Transform transform { get { return gameObject.transform; } }
    }

    public class Behaviour : Component
    {
        public bool enabled = true;
    }

    public class MonoBehaviour : Behaviour
    {
        public T GetComponent<T>() where T : Component
        {
            return gameObject.GetComponent<T>();
        }
    }

    public class ScriptableObject : Object
    {
        public static T CreateInstance<T>() where T : ScriptableObject, new()
        {
            return new T();
        }
    }

    public sealed class GameObject : Object
    {
        readonly List<Component> _components = new List<Component>();

        public GameObject(string name = "")
        {
            this.name = name;
            transform = new Transform { gameObject = this };
            _components.Add(transform);
        }

        public Transform transform { get; }

        public bool activeSelf { get; private set; } = true;

        public T AddComponent<T>() where T : Component, new()
        {
            var component = new T { gameObject = this };
            _components.Add(component);
            return component;
        }

        public T GetComponent<T>() where T : Component
        {
            return _components.OfType<T>().FirstOrDefault();
        }

        public void SetActive(bool active)
        {
            Engine.InMainThread();
            activeSelf = active;
        }

        internal void Die()
        {
            foreach (Transform child in transform.Children.ToArray())
                Destroy(child.gameObject);
            transform.SetParent(null);
            foreach (Component component in _components)
            {
                if (component is MonoBehaviour)
                    Engine.Send(component, "OnDestroy");
                Alive.Remove(component);
            }
        }
    }

    public sealed class Transform : Component
    {
        public readonly List<Transform> Children = new List<Transform>();
        Transform _parent;

        public new string name { get { return gameObject.name; } }

        public Vector3 localPosition;
        public Quaternion localRotation = Quaternion.identity;

        public Transform parent { get { return _parent; } }

        public int childCount { get { return Children.Count; } }

        public Quaternion rotation
        {
            get { return _parent == null ? localRotation : _parent.rotation * localRotation; }
            set { localRotation = _parent == null ? value : Quaternion.Inverse(_parent.rotation) * value; }
        }

        public Vector3 position
        {
            get { return _parent == null ? localPosition : _parent.TransformPoint(localPosition); }
            set
            {
                Engine.InMainThread();
                localPosition = _parent == null ? value : _parent.InverseTransformPoint(value);
            }
        }

        public Matrix4x4 localToWorldMatrix { get { return Matrix4x4.TRS(position, rotation, Vector3.one); } }

        public Transform GetChild(int index)
        {
            return Children[index];
        }

        public void SetParent(Transform parent, bool worldPositionStays = true)
        {
            _parent?.Children.Remove(this);
            _parent = parent;
            _parent?.Children.Add(this);
        }

        public Vector3 TransformPoint(Vector3 point)
        {
            return position + rotation * point;
        }

        public Vector3 InverseTransformPoint(Vector3 point)
        {
            return Quaternion.Inverse(rotation) * (point - position);
        }
    }

    public sealed class MeshFilter : Component
    {
        public Mesh sharedMesh;
    }

    public class Renderer : Component
    {
        public Material sharedMaterial;

        public Material material { get { return sharedMaterial; } }
    }

    public sealed class MeshRenderer : Renderer
    {
    }

    public sealed class Camera : Behaviour
    {
        public static Camera main { get { return null; } }
    }

    public static class Input
    {
        public static bool anyKey { get { return false; } }

        public static float GetAxis(string name)
        {
            return 0;
        }
    }

    public sealed class MeshCollider : Component
    {
        public Mesh sharedMesh;
    }

    public enum HumanBodyBones
    {
        Hips, LeftUpperLeg, RightUpperLeg, LeftLowerLeg, RightLowerLeg, LeftFoot, RightFoot, Spine, Chest, Neck, Head,
        LeftShoulder, RightShoulder, LeftUpperArm, RightUpperArm, LeftLowerArm, RightLowerArm, LeftHand, RightHand, LeftToes,
        RightToes, LastBone = 55,
    }

    public sealed class Animator : Behaviour
    {
        public readonly Dictionary<HumanBodyBones, Transform> Bones = new Dictionary<HumanBodyBones, Transform>();

        public Transform GetBoneTransform(HumanBodyBones bone)
        {
            Transform found;
            return Bones.TryGetValue(bone, out found) ? found : null;
        }
    }

    public static class Time
    {
        static readonly System.Diagnostics.Stopwatch Clock = System.Diagnostics.Stopwatch.StartNew();

        public static float deltaTime { get { return 0.016f; } }

        public static double realtimeSinceStartupAsDouble { get { return Clock.Elapsed.TotalSeconds; } }
    }

    public static class Debug
    {
        public static readonly List<Exception> Exceptions = new List<Exception>();

        public static void Log(object message)
        {
        }

        public static void LogWarning(object message)
        {
        }

        public static void LogException(Exception error, Object context = null)
        {
            Exceptions.Add(error);
        }
    }

    [AttributeUsage(AttributeTargets.Field)]
    public sealed class SerializeField : Attribute
    {
    }

    [AttributeUsage(AttributeTargets.Field)]
    public sealed class TooltipAttribute : Attribute
    {
        public TooltipAttribute(string text)
        {
        }
    }

    [AttributeUsage(AttributeTargets.Class)]
    public sealed class AddComponentMenu : Attribute
    {
        public AddComponentMenu(string name)
        {
        }
    }

    [AttributeUsage(AttributeTargets.Class)]
    public sealed class CreateAssetMenuAttribute : Attribute
    {
        public string menuName;
        public string fileName;
    }
}
