{
  # `node-gyp rebuild` hands over to the CMake build, whose list of sources is the only one. The
  # inputs only tell make when to ask CMake again.
  "targets": [
    {
      "target_name": "enas_torch_by_cmake",
      "type": "none",
      "actions": [
        {
          "action_name": "build_with_cmake",
          "inputs": [
            "CMakeLists.txt",
            "<!@(node -p \"require('fs').readdirSync('native', {recursive: true}).filter((f) => /[.](cc|cu|h)$/.test(f)).map((f) => 'native/' + f).join(' ')\")"
          ],
          "outputs": ["<(PRODUCT_DIR)/enas_torch.node"],
          "action": ["node", "<(module_root_dir)/scripts/install.mjs"]
        }
      ]
    }
  ]
}
