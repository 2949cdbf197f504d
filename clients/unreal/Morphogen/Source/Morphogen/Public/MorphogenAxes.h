// Morphogen's axes and units, and the engine's: the one place that knows both. Needs nothing of the engine.
//
// Morphogen: meters, right-handed, +X east, +Y up, +Z south; characters face +Z.
// Unreal: centimeters, left-handed, X, Y, Z = east, south, up; skeletal meshes face +Y. The order of a triangle's corners
// stays: what is counter-clockwise in the world is so in both.
#pragma once

#include <array>

namespace MorphogenAxes
{
	/// A place in meters, in centimeters.
	template <class Number>
	std::array<Number, 3> Position(const std::array<Number, 3>& Meters)
	{
		return {Meters[0] * 100, Meters[2] * 100, Meters[1] * 100};
	}

	template <class Number>
	std::array<Number, 3> Direction(const std::array<Number, 3>& Vector)
	{
		return {Vector[0], Vector[2], Vector[1]};
	}

	/// A rotation x, y, z, w. Swapping two axes mirrors, so the sense of turning changes.
	inline std::array<float, 4> Rotation(const std::array<float, 4>& Quaternion)
	{
		return {-Quaternion[0], -Quaternion[2], -Quaternion[1], Quaternion[3]};
	}

	/// A turn about the vertical, counter-clockwise from above, as yaw.
	inline double Yaw(double TurnDegrees)
	{
		return -TurnDegrees;
	}

	/// A place on the ground in centimeters, as x and z in meters.
	inline std::array<double, 2> GroundMeters(double XCentimeters, double YCentimeters)
	{
		return {XCentimeters / 100, YCentimeters / 100};
	}
}
