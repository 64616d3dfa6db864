extends MultiMeshInstance3D
## Draws the characters of a crowd table: where each stands, and which tile of which page is its face.
##
## Run with `-- --picture FILE.png` it saves what it shows and leaves; with `-- --close` it shows some from near.

const TABLE := "res://crowd/crowd.json"
const MOST_PAGES := 64 # as many as the shader has room for
const RINGS := 40
const SEGMENTS := 32
## The figure's outline from below: how far from the middle, and how high, in metres from between the eyes.
const OUTLINE: Array[Vector2] = [
	Vector2(0.22, -0.62), Vector2(0.23, -0.45), Vector2(0.21, -0.33), Vector2(0.13, -0.25), Vector2(0.062, -0.21),
	Vector2(0.056, -0.15), Vector2(0.056, -0.122), Vector2(0.068, -0.1), Vector2(0.077, -0.055), Vector2(0.081, 0.0),
	Vector2(0.08, 0.045), Vector2(0.068, 0.085), Vector2(0.045, 0.112), Vector2(0.02, 0.123), Vector2(0.0, 0.125),
]


func _ready() -> void:
	var table := _read(TABLE)
	if table.is_empty():
		push_error("%s is missing or no crowd table: export one from Blender into res://crowd" % TABLE)
		get_tree().quit(2)
		return
	var pages: Array = table["pages"]
	var characters: Array = table["characters"]
	if pages.is_empty() or pages.size() > MOST_PAGES:
		push_error("%d pages: export 1 to %d, of a crowd and not of a bake" % [pages.size(), MOST_PAGES])
		get_tree().quit(2)
		return
	material_override = _material(pages)
	multimesh = MultiMesh.new()
	multimesh.transform_format = MultiMesh.TRANSFORM_3D
	multimesh.use_colors = true
	multimesh.use_custom_data = true
	multimesh.mesh = _figure()
	multimesh.instance_count = characters.size()
	for i in characters.size():
		var one: Dictionary = characters[i]
		multimesh.set_instance_transform(i, _transform(one, i, table["meters_per_unit"]))
		multimesh.set_instance_custom_data(i, _tile(one, pages))
		var skin: Array = one["skin"]
		# The table's colors are linear; Godot takes those of instances for encoded ones.
		multimesh.set_instance_color(i, Color(skin[0], skin[1], skin[2]).linear_to_srgb())
	print("%d characters, %d pages, 1 material" % [characters.size(), pages.size()])
	_look(OS.get_cmdline_user_args())


## Page, column and row of a tile, and a number of its own. Whole numbers, since Godot may keep them as half floats,
## of which a place in UV units would lose pixels.
func _tile(one: Dictionary, pages: Array) -> Color:
	var page: Dictionary = pages[int(one["page"]) - 1]
	var cell: float = page["tile"] + 2.0 * page["gutter"]
	var column := roundf((float(one["place"][0]) * page["width"] - page["gutter"]) / cell)
	var row := roundf((float(one["place"][1]) * page["height"] - page["gutter"]) / cell)
	return Color(int(one["page"]) - 1, column, row, int(one["seed"]) % 1000)


## The matrix of the table, turned from Blender's axes (Z up) to Godot's (Y up).
func _transform(one: Dictionary, index: int, meters: float) -> Transform3D:
	if not one.has("matrix"):
		return Transform3D(Basis(), Vector3(index % 40, 0, index / 40))
	var m: Array = one["matrix"]
	var turn := Basis(Vector3(1, 0, 0), Vector3(0, 0, -1), Vector3(0, 1, 0))
	var basis := Basis(
		Vector3(m[0][0], m[1][0], m[2][0]), Vector3(m[0][1], m[1][1], m[2][1]), Vector3(m[0][2], m[1][2], m[2][2])
	)
	var head := Vector3(m[0][3], m[1][3], m[2][3])
	# The figure has a size of its own; of a mirrored character it keeps the turn.
	var turned := (turn * basis * turn.transposed()).orthonormalized()
	if turned.determinant() < 0.0:
		turned.x = -turned.x
	return Transform3D(turned, turn * head * meters)


func _material(pages: Array) -> ShaderMaterial:
	# All layers of an array are of one size; a smaller page keeps its tiles where they are counted from, at the lower left.
	var size := Vector2i.ZERO
	for page in pages:
		size = size.max(Vector2i(int(page["width"]), int(page["height"])))
	var images: Array[Image] = []
	var grids := PackedVector3Array()
	for page in pages:
		var image := Image.load_from_file("res://crowd/" + str(page["files"][0]))
		if image.get_size() != size:
			var whole := Image.create(size.x, size.y, false, image.get_format())
			whole.blit_rect(image, Rect2i(Vector2i.ZERO, image.get_size()), Vector2i(0, size.y - image.get_height()))
			image = whole
		image.generate_mipmaps()
		images.append(image)
		grids.append(Vector3(page["tile"], page["gutter"], page["max_lod"]))
	grids.resize(MOST_PAGES)
	var textures := Texture2DArray.new()
	textures.create_from_images(images)
	var made := ShaderMaterial.new()
	made.shader = load("res://crowd.gdshader")
	made.set_shader_parameter("pages", textures)
	made.set_shader_parameter("layer_size", Vector2(size))
	made.set_shader_parameter("grids", grids)
	return made


## A head on shoulders, turned from its outline, the origin between the eyes and the face ahead (+Z).
func _figure() -> ArrayMesh:
	var curve := Curve2D.new()
	for i in OUTLINE.size():
		var before: Vector2 = OUTLINE[maxi(i - 1, 0)]
		var after: Vector2 = OUTLINE[mini(i + 1, OUTLINE.size() - 1)]
		var along := (after - before) / 6.0
		curve.add_point(OUTLINE[i], -along, along)
	var tool := SurfaceTool.new()
	tool.begin(Mesh.PRIMITIVE_TRIANGLES)
	for ring in RINGS + 1:
		var at := curve.samplef(float(ring) / RINGS * (OUTLINE.size() - 1))
		for segment in SEGMENTS + 1:
			var angle := TAU * segment / SEGMENTS
			# Heads are deeper than broad, shoulders broader than deep.
			var depth := 1.2 if at.y > -0.15 else 0.7
			tool.set_smooth_group(0)
			tool.add_vertex(Vector3(sin(angle) * at.x, at.y, (cos(angle) * depth - 0.35 * float(at.y > -0.15)) * at.x))
	for ring in RINGS:
		for segment in SEGMENTS:
			var first := ring * (SEGMENTS + 1) + segment
			for corner: int in [first, first + SEGMENTS + 1, first + 1, first + 1, first + SEGMENTS + 1, first + SEGMENTS + 2]:
				tool.add_index(corner)
	tool.generate_normals()
	return tool.commit()


func _look(arguments: PackedStringArray) -> void:
	var camera: Camera3D = $"../Camera"
	var bounds := get_aabb()
	var middle := bounds.get_center()
	var ahead := Vector3.ZERO # where most of them look
	for i in multimesh.instance_count:
		ahead += multimesh.get_instance_transform(i).basis.z
	ahead = ahead.normalized() if ahead.length() > 0.01 else Vector3(0, 0, 1)
	if arguments.has("--close"):
		middle = multimesh.get_instance_transform(multimesh.instance_count / 3).origin
		camera.position = middle + ahead * 5.0 + Vector3(0, 0.6, 0)
	else:
		# As far away as the outermost corner of the crowd asks for.
		camera.position = middle + (ahead + Vector3(0, 0.25, 0)).normalized()
		camera.look_at(middle)
		var wide := camera.get_camera_projection().get_fov() / 2.0
		var slopes := Vector2(tan(deg_to_rad(wide)), tan(deg_to_rad(camera.fov / 2.0)))
		var away := 0.0
		for i in 8:
			var seen := camera.global_basis.inverse() * (bounds.get_endpoint(i) - middle)
			away = maxf(away, seen.z + maxf(absf(seen.x) / slopes.x, absf(seen.y) / slopes.y))
		camera.position = middle + camera.global_basis.z * away * 1.02
	camera.look_at(middle)
	var at := arguments.find("--picture")
	if at < 0 or at + 1 >= arguments.size():
		return
	for i in 4:
		await RenderingServer.frame_post_draw
	get_viewport().get_texture().get_image().save_png(arguments[at + 1])
	get_tree().quit()


func _read(path: String) -> Dictionary:
	var found: Variant = JSON.parse_string(FileAccess.get_file_as_string(path))
	if found is Dictionary and found.get("generator") == "Crowd Faces":
		return found
	return {}
