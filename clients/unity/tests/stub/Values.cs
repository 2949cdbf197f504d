using System;

namespace UnityEngine
{
    public struct Vector2
    {
        public float x, y;

        public Vector2(float x, float y)
        {
            this.x = x;
            this.y = y;
        }
    }

    public struct Vector3
    {
        public float x, y, z;

        public Vector3(float x, float y, float z)
        {
            this.x = x;
            this.y = y;
            this.z = z;
        }

        public static Vector3 zero { get { return new Vector3(0, 0, 0); } }

        public static Vector3 one { get { return new Vector3(1, 1, 1); } }

        public static Vector3 operator +(Vector3 a, Vector3 b)
        {
            return new Vector3(a.x + b.x, a.y + b.y, a.z + b.z);
        }

        public static Vector3 operator -(Vector3 a, Vector3 b)
        {
            return new Vector3(a.x - b.x, a.y - b.y, a.z - b.z);
        }

        public static Vector3 operator *(Vector3 a, float factor)
        {
            return new Vector3(a.x * factor, a.y * factor, a.z * factor);
        }
    }

    public struct Quaternion
    {
        public float x, y, z, w;

        public Quaternion(float x, float y, float z, float w)
        {
            this.x = x;
            this.y = y;
            this.z = z;
            this.w = w;
        }

        public static Quaternion identity { get { return new Quaternion(0, 0, 0, 1); } }

        public static Quaternion Inverse(Quaternion q)
        {
            return new Quaternion(-q.x, -q.y, -q.z, q.w);
        }

        /// <summary>Turns about y only: all that is needed here.</summary>
        public static Quaternion Euler(float x, float y, float z)
        {
            if (x != 0 || z != 0)
                throw new NotSupportedException();
            double half = y * Math.PI / 360;
            return new Quaternion(0, (float)Math.Sin(half), 0, (float)Math.Cos(half));
        }

        public static Quaternion operator *(Quaternion a, Quaternion b)
        {
            return new Quaternion(
                a.w * b.x + a.x * b.w + a.y * b.z - a.z * b.y, a.w * b.y - a.x * b.z + a.y * b.w + a.z * b.x,
                a.w * b.z + a.x * b.y - a.y * b.x + a.z * b.w, a.w * b.w - a.x * b.x - a.y * b.y - a.z * b.z);
        }

        public static Vector3 operator *(Quaternion q, Vector3 v)
        {
            Quaternion turned = q * new Quaternion(v.x, v.y, v.z, 0) * Inverse(q);
            return new Vector3(turned.x, turned.y, turned.z);
        }
    }

    /// <summary>Move, turn and uniform scale.</summary>
    public struct Matrix4x4
    {
        public Vector3 Position;
        public Quaternion Rotation;
        public float Scale;

        public static Matrix4x4 TRS(Vector3 position, Quaternion rotation, Vector3 scale)
        {
            return new Matrix4x4 { Position = position, Rotation = rotation, Scale = scale.x };
        }

        public static Matrix4x4 Translate(Vector3 way)
        {
            return TRS(way, Quaternion.identity, Vector3.one);
        }

        public static Matrix4x4 operator *(Matrix4x4 a, Matrix4x4 b)
        {
            return new Matrix4x4
            {
                Position = a.Position + a.Rotation * (b.Position * a.Scale), Rotation = a.Rotation * b.Rotation, Scale = a.Scale * b.Scale,
            };
        }
    }

    public struct Color
    {
        public float r, g, b, a;

        public Color(float r, float g, float b, float a = 1)
        {
            this.r = r;
            this.g = g;
            this.b = b;
            this.a = a;
        }

        public Color gamma
        {
            get { return new Color((float)Math.Pow(r, 1 / 2.2), (float)Math.Pow(g, 1 / 2.2), (float)Math.Pow(b, 1 / 2.2), a); }
        }
    }

    public struct Color32
    {
        public byte r, g, b, a;

        public Color32(byte r, byte g, byte b, byte a)
        {
            this.r = r;
            this.g = g;
            this.b = b;
            this.a = a;
        }
    }

    public static class Mathf
    {
        public static float Clamp01(float value)
        {
            return Math.Min(Math.Max(value, 0), 1);
        }

        public static int Min(int a, int b)
        {
            return Math.Min(a, b);
        }
    }
}
